//! Hints from the first bytes of an input about the delimiter and the dialect of its tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use mapreduce_core::{Delimiter, Escape};
use mapreduce_formats::csv::{Detected, Known, detect};
use mapreduce_formats::input::{FoundFile, InputError};
use tracing::{info, warn};

use super::content::first_bytes;
use super::file_layout::{FileLayout, file_layout};
use super::request::Request;

/// Number of bytes to detect a dialect from.
const SAMPLE: usize = 64 << 10;

/// Detected dialects of the inputs, and the inputs that a warning has named.
#[derive(Debug, Default)]
pub(super) struct TableHints {
    /// Detected dialects by the index of the input.
    detected: BTreeMap<u16, Detected>,
    warned: Mutex<BTreeSet<u16>>,
}

impl TableHints {
    /// Detects the dialect of each input from its first table, if `request` does not name the delimiter.
    ///
    /// A file that cannot be read has no dialect. Planning reports its error later.
    pub(super) async fn find(files: &[FoundFile], request: &Request) -> Self {
        let mut hints = Self::default();
        if request.delimiter != Some(Delimiter::Auto) {
            return hints;
        }
        for file in files {
            let is_table = matches!(file_layout(file, request), Ok(FileLayout::Table(_)));
            if !is_table || hints.detected.contains_key(&file.input_index) {
                continue;
            }
            let sample = first_bytes(file, request.spec.max_window, SAMPLE).await;
            let sample = sample.unwrap_or_default();
            let known = Known {
                quote: request.dialect.quote,
                escape: request.dialect.escape,
                comment: request.dialect.comment,
            };
            let detected = detect(&sample, sample.len() < SAMPLE, known);
            log(file, &detected);
            hints.detected.insert(file.input_index, detected);
        }
        hints
    }

    /// Returns the layout of `file` in the detected dialect of its input.
    ///
    /// # Errors
    /// The job needs columns that a file of this format cannot have.
    pub(super) fn layout(
        &self,
        file: &FoundFile,
        request: &Request,
    ) -> Result<FileLayout, InputError> {
        let mut layout = file_layout(file, request)?;
        if let FileLayout::Table(table) = &mut layout
            && let Some(detected) = self.detected.get(&file.input_index)
        {
            table.delimiter = detected.delimiter.unwrap_or(table.delimiter);
            table.dialect.quote = detected.quote;
            table.dialect.escape = detected.escape;
        }
        Ok(layout)
    }

    /// Warns about the delimiter of `file` once per input: the only name of its header contains the delimiter `other`.
    pub(super) fn warn(&self, file: &FoundFile, other: Option<u8>) {
        let Some(other) = other else {
            return;
        };
        // No code panics while it holds the lock.
        let warned = self.warned.lock();
        let mut warned = warned.unwrap_or_else(PoisonError::into_inner);
        if warned.insert(file.input_index) {
            warn!(
                path = %file.path.display(),
                delimiter = Delimiter::name(other),
                "the table has one column, but its header contains another delimiter; set it with --delimiter if it separates columns"
            );
        }
    }
}

fn log(file: &FoundFile, detected: &Detected) {
    let delimiter = detected.delimiter.map(Delimiter::name);
    let quote = detected.quote.0.map(|quote| char::from(quote).to_string());
    info!(
        path = %file.path.display(),
        delimiter = delimiter.as_deref().unwrap_or("not found"),
        quote = quote.as_deref().unwrap_or("none"),
        escape = match detected.escape {
            Escape::Double => "double",
            Escape::Backslash => "backslash",
        },
        "detected the dialect of the tables of an input"
    );
}
