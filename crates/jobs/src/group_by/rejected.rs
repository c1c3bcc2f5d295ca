//! Cells that are not numbers.

use mapreduce_core::Record;
use mapreduce_job::{Counter, TaskContext};
use tracing::warn;

use crate::input_name::file_name;

/// Greatest number of characters of a cell in the log.
const MAX_CHARS: usize = 60;

/// Cell that is not a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RejectedCell {
    /// Name of the column.
    pub(super) column: String,
    /// Quoted and escaped start of the cell.
    pub(super) text: String,
    /// Offset of the record in its file.
    pub(super) offset: u64,
}

/// Counts the cells of a task that are not numbers, and keeps the first.
#[derive(Debug, Default)]
pub(super) struct RejectedCells {
    counter: Counter,
    file: String,
    cells: u64,
    first: Option<RejectedCell>,
}

impl RejectedCells {
    pub(super) fn new(context: &TaskContext) -> Self {
        Self {
            counter: context.counter("group-by", "not_a_number"),
            file: file_name(context),
            ..Self::default()
        }
    }

    /// Counts a cell of a record.
    #[cold]
    pub(super) fn add(&mut self, column: &str, cell: &[u8], record: &Record<'_>) {
        self.counter.add(1);
        self.cells += 1;
        self.first.get_or_insert_with(|| RejectedCell {
            column: column.to_owned(),
            text: quoted(cell),
            offset: record.offset(),
        });
    }

    /// Logs the first cell, if there is one.
    pub(super) fn log(&self) {
        if let Some(RejectedCell {
            column,
            text,
            offset,
        }) = &self.first
        {
            let (file, cells) = (&self.file, self.cells);
            warn!(cells, column, cell = %text, file, offset, "skipped cells that are not numbers; the first is shown");
        }
    }
}

/// Returns the start of a cell in quotes, with control characters escaped.
fn quoted(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_is_kept() {
        let context = TaskContext::default();
        let mut rejected = RejectedCells::new(&context);
        let text = b"x\n12\xff";
        let record = Record::within(text, 2..5, 40);
        rejected.add("price", b"n/a\x1b", &record);
        rejected.add("units", b"-", &record);
        let first = RejectedCell {
            column: "price".to_owned(),
            text: r#""n/a\u{1b}""#.to_owned(),
            offset: 40,
        };
        assert_eq!(rejected.first, Some(first));
        let counters = context.counter_values().unwrap();
        assert_eq!(counters["group-by:not_a_number"], 2);
    }

    #[test]
    fn long_cells_are_cut() {
        let long = "é".repeat(61);
        assert_eq!(quoted(long.as_bytes()), format!("{:?}…", &long[..120]));
        assert_eq!(
            quoted(&long.as_bytes()[..120]),
            format!("{:?}", &long[..120])
        );
    }
}
