//! Combiners that are commands. A combiner runs several times, each time over the lines that the mapper has written
//! since its last run.

use mapreduce_job::MapSink;

use crate::command_error::CommandError;
use crate::line_sink::LineSink;
use crate::process::Process;
use crate::separator::Separator;
use crate::starter::Starter;

/// Memory for lines and their locations, in bytes. It holds so many lines that the start of a command costs little in
/// comparison, and is small compared with the memory of a slot.
const MEMORY: usize = 32 << 20;

/// Number of bytes that are written to a command at once.
pub(crate) const BLOCK: usize = 256 << 10;

/// Buffered lines of a mapper, and the command that combines them.
#[derive(Debug)]
pub(crate) struct CommandCombiner {
    starter: Starter,
    command: String,
    separator: Separator,
    sort_values: bool,
    text: Vec<u8>,
    lines: Vec<LineRange>,
}

/// Location of a line in the text.
#[derive(Debug, Clone, Copy)]
struct LineRange {
    key: usize,
    value: usize,
    end: usize,
}

impl CommandCombiner {
    /// Creates an empty buffer for `command`.
    pub(crate) fn new(
        starter: Starter,
        command: String,
        separator: Separator,
        sort_values: bool,
    ) -> Self {
        Self {
            starter,
            command,
            separator,
            sort_values,
            text: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Adds a line of the mapper.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let (key, _) = self.separator.key_and_value(line);
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.lines.push(LineRange {
            key: start,
            value: start + key.len(),
            end: self.text.len(),
        });
    }

    /// Returns `true` if the buffer is full. The command must then run.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() + size_of_val(&self.lines[..]) >= MEMORY
    }

    /// Runs the command over the sorted lines, and pushes its output to `sink`.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub(crate) fn run(&mut self, sink: &mut MapSink<'_>) -> Result<(), CommandError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let text = &self.text[..];
        let key = |line: &LineRange| &text[line.key..line.value];
        match self.sort_values {
            true => self
                .lines
                .sort_unstable_by_key(|line| (key(line), &text[line.value..line.end])),
            false => self.lines.sort_by_key(key),
        }
        let process = self.starter.start("combiner", &self.command);
        let mut process = process.map_err(CommandError::Failed)?;
        let separator = &self.separator;
        let mut output = PairSink { separator, sink };
        for line in &self.lines {
            let value = &text[line.value..line.end];
            separator.write_line(key(line), value, process.pending());
            flush_full_block(&mut process, &mut output)?;
        }
        process.finish(&mut output)?;
        self.text.clear();
        self.lines.clear();
        Ok(())
    }
}

/// Writes the pending bytes to the command if they fill a block.
#[inline]
pub(crate) fn flush_full_block(
    process: &mut Process,
    output: &mut impl LineSink,
) -> Result<(), CommandError> {
    match process.pending().len() >= BLOCK {
        true => process.flush(output),
        false => Ok(()),
    }
}

/// Splits the combiner's lines into pairs.
struct PairSink<'a, 'b> {
    separator: &'a Separator,
    sink: &'a mut MapSink<'b>,
}

impl LineSink for PairSink<'_, '_> {
    fn line(&mut self, line: &[u8]) {
        let (key, value) = self.separator.key_and_value(line);
        self.sink.push(key, value);
    }

    fn block(&mut self) -> Result<(), CommandError> {
        Ok(self.sink.spill_if_full()?)
    }
}
