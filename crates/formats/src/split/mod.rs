//! Where a file is cut into splits.
//!
//! A split owns the records that start in it, so every cut lies on a record boundary. What comes out
//! depends on the file and the size only: not on the machine, nor on how the file was read.

mod auto;
mod boundary;
mod csv;
mod csv_file;
mod groups;
mod lines;
mod read_at;
mod text;

#[cfg(any(test, feature = "fuzzing"))]
pub use csv_file::cut as cut_in_chunks;

pub use auto::{auto_reduces, auto_size};
pub use boundary::Boundary;
pub use csv::{CsvScan, UnclosedQuote};
pub use csv_file::{cut_csv, cut_table};
pub use groups::cut_groups;
pub use lines::number_lines;
pub use read_at::ReadAt;
pub use text::{cut_lines, cut_text};
