//! Mappers of the job `grep`.

use std::io::Write;

use mapreduce_core::Record;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};

use super::pattern::Pattern;

/// Emits the selected lines in the order of the input. All have the same key, and the values of a key keep their order.
pub(super) struct LineMapper {
    pattern: Pattern,
    invert: bool,
    /// Name of the file, which is put before each line with the line number. `None` if lines are emitted unchanged.
    name: Option<String>,
    row: Vec<u8>,
}

impl LineMapper {
    pub(super) fn new(pattern: Pattern, invert: bool, name: Option<String>) -> Self {
        Self {
            pattern,
            invert,
            name,
            row: Vec::new(),
        }
    }
}

impl MapTask for LineMapper {
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
            write!(row, "{name}:{}:", line.line().unwrap_or_default())
                .expect("writing to memory succeeds");
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

/// Emits each match with the count 1.
pub(super) struct MatchCounter(pub(super) Pattern);

impl MapTask for MatchCounter {
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
