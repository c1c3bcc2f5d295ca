//! Counting lines where a record may have several.

/// Counts lines, or does not.
#[derive(Debug)]
pub(super) struct Lines(Option<u64>);

impl Lines {
    /// The first record is in line `line`; if that is not given, lines are not counted.
    pub(super) fn new(line: Option<u64>) -> Self {
        Self(line)
    }

    /// The line of the next record, whose bytes with its line end are `record`; 0 if lines are not counted.
    #[inline]
    pub(super) fn pass(&mut self, record: &[u8]) -> u64 {
        let Some(line) = &mut self.0 else {
            return 0;
        };
        let first = *line;
        *line += memchr::memchr_iter(b'\n', record).count() as u64;
        first
    }
}
