//! Rows of a table, as structs.

mod cell;
mod columns;
mod row;

pub use row::Table;
