//! Line numbers of records that may span several lines.

/// Line counter; it is disabled without a first line number.
#[derive(Debug)]
pub(super) struct LineCounter(Option<u64>);

impl LineCounter {
    /// Creates a counter for records that start in line `line`; `None` disables counting, which saves a pass over the
    /// bytes.
    pub(super) fn new(line: Option<u64>) -> Self {
        Self(line)
    }

    /// Returns the first line of `record` and moves to its end; 0 if counting is disabled. `record` includes its line
    /// end.
    #[inline]
    pub(super) fn advance(&mut self, record: &[u8]) -> u64 {
        let Some(line) = &mut self.0 else {
            return 0;
        };
        let first = *line;
        *line += memchr::memchr_iter(b'\n', record).count() as u64;
        first
    }
}
