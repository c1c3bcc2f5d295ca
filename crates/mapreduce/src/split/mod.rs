//! Where a file is cut into splits.
//!
//! A split owns the records that start in it, so every cut lies on a record boundary. What comes out
//! depends on the file and the size only: not on the machine, nor on how the file was read.

mod csv;
mod csv_file;
mod groups;
mod lines;
mod read_at;
mod text;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use csv_file::cut as cut_in_chunks;

pub use csv::{CsvScan, UnclosedQuote};
pub use csv_file::{cut_csv, cut_table};
pub use groups::cut_groups;
pub use lines::number_lines;
pub use read_at::ReadAt;
pub use text::{cut_lines, cut_text};

/// A record boundary inside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// Offset of the record that starts here, in bytes.
    pub offset: u64,
    /// Its line number, from 1, where lines were counted.
    pub line: Option<u64>,
}

/// The split size for `auto`, in bytes, for an input of `total` bytes.
///
/// 32 splits let a handful of slots end at about the same time. At most 16 MiB: the words of one make a table
/// that the caches hold, larger and smaller ones were slower, and a lost attempt costs little. At least
/// 1 MiB: a task's overhead stays far below its work.
pub fn auto_size(total: u64) -> u64 {
    (total / 32).clamp(1 << 20, 16 << 20)
}

/// Most reduce tasks of a job: keeps the index of a run small beside its records.
pub const MOST_REDUCES: u32 = 4096;

/// The number of reduce tasks for `auto`, for an input of `total` bytes.
///
/// One for each 64 MiB: the keys of one fit the default memory of a slot many times over, and some 8 for half
/// a gigabyte keep several slots busy. At most 64: every map task serves each of them.
pub fn auto_reduces(total: u64) -> u32 {
    total.div_ceil(64 << 20).clamp(1, 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automatic_size_stays_within_its_bounds() {
        assert_eq!(auto_size(0), 1 << 20);
        assert_eq!(auto_size(320 << 20), 10 << 20);
        assert_eq!(auto_size(u64::MAX), 16 << 20);
        let reduces = [0, 1, 64 << 20, (64 << 20) + 1, u64::MAX].map(auto_reduces);
        assert_eq!(reduces, [1, 1, 1, 2, 64]);
    }
}
