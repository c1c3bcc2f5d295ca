//! Lines in, those that match out.

use std::io::Write;

use mapreduce_core::Record;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};

use super::pattern::Pattern;

/// Emits the lines that match, in the order they come: all have one key, and values keep their order.
pub(super) struct Select {
    pattern: Pattern,
    invert: bool,
    /// The name of the file, if lines are to have it and their number before them.
    name: Option<String>,
    row: Vec<u8>,
}

impl Select {
    pub(super) fn new(pattern: Pattern, invert: bool, name: Option<String>) -> Self {
        Self {
            pattern,
            invert,
            name,
            row: Vec::new(),
        }
    }
}

impl MapTask for Select {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self {
            pattern,
            invert,
            name,
            row,
        } = self;
        let pattern = &*pattern;
        let mut each = |line: Record<'_>| {
            let bytes = line.bytes();
            if pattern.is_in(bytes) == *invert {
                return;
            }
            let Some(name) = name else {
                return out.push(b"", bytes);
            };
            row.clear();
            write!(row, "{name}:{}:", line.line().unwrap_or_default()).expect("memory takes all");
            row.extend_from_slice(bytes);
            out.push(b"", row);
        };
        let more = match pattern {
            Pattern::Text(text) if !*invert => {
                records.batch_matching(|block| text.find(block), &mut each)
            }
            _ => records.batch(&mut each),
        };
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Counts what matches.
pub(super) struct Count(pub(super) Pattern);

impl MapTask for Count {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let pattern = &self.0;
        let mut each = |line: Record<'_>| {
            pattern.each(line.bytes(), |found| out.push_count(found, 1));
        };
        let more = match pattern {
            Pattern::Text(text) => records.batch_matching(|block| text.find(block), &mut each),
            Pattern::Regex(_) => records.batch(&mut each),
        };
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}
