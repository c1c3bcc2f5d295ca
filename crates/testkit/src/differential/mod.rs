//! Differential tests of the table jobs: random tables whose results an oracle in Python computes independently.
//!
//! # Layout
//! - `cases`: the cases of a test, in a folder. `case`: a case with its arguments and its verdict.
//! - `parameters`: random parameters of each job.
//! - `table`: random tables. `limits`: their formats and sizes. `table_file`: their bytes as CSV, TSV and JSON lines.
//! - `names`: names of columns, and how parameters spell them. `cells`: texts of cells.
//! - `random`: random choices from a seed.
//! - `oracle/`: the oracle; `main.py` is its program.

mod case;
mod cases;
mod cells;
mod limits;
mod names;
mod parameters;
mod random;
mod table;
mod table_file;

pub use case::Case;
pub use cases::Cases;
