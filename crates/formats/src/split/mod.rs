//! Division of files into splits.
//!
//! A split contains the records that start in it, so every split starts at a record boundary. The boundaries depend
//! only on the file and the split size, not on the machine or the sizes of reads. A master that plans a job again
//! therefore gets the same plan.

mod auto;
mod boundary;
mod csv;
mod csv_file;
mod error;
mod line_numbers;
mod read_at;
mod row_groups;
mod text;

#[cfg(any(test, feature = "fuzzing"))]
pub use csv_file::cut as cut_in_chunks;

pub use auto::{auto_reduces, auto_size};
pub use boundary::Boundary;
pub use csv::CsvScan;
pub use csv_file::{cut_csv, cut_table};
pub use error::{BoundaryError, UnclosedQuote};
pub use line_numbers::number_lines;
pub use read_at::ReadAt;
pub use row_groups::cut_groups;
pub use text::{cut_lines, cut_text};
