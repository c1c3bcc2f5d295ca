//! Rows of a table, as structs.

mod cell;
mod columns;
mod row;
mod row_error;

pub use row::Table;
