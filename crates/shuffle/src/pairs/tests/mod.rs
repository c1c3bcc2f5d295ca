//! Tests from pairs to rows, through runs, sections and partition results.

mod failures;
mod format;
mod groups;
mod harness;
mod rows;
