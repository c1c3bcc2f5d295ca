//! Map attempts.

use mapreduce_core::Record;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};

use crate::combiner::CommandCombiner;
use crate::command_error::CommandError;
use crate::line_sink::LineSink;
use crate::process::Process;
use crate::separator::Separator;

/// Separator of the fields of a record.
const FIELD_SEPARATOR: u8 = b'\t';

/// Destination of a mapper's lines.
#[derive(Debug)]
pub(crate) enum MapperOutput {
    /// Unchanged lines in their order, stored as values of one key.
    Lines,
    /// Pairs of key and value.
    Pairs(Separator),
    /// Pairs of key and value that a combiner reduces first.
    Combined(Box<CommandCombiner>),
}

impl MapperOutput {
    #[inline]
    fn line(&mut self, line: &[u8], sink: &mut MapSink<'_>) {
        match self {
            Self::Lines => sink.push(b"", line),
            Self::Pairs(separator) => {
                let (key, value) = separator.key_and_value(line);
                sink.push(key, value);
            }
            Self::Combined(combiner) => combiner.line(line),
        }
    }

    fn block(&mut self, sink: &mut MapSink<'_>) -> Result<(), CommandError> {
        sink.spill_if_full()?;
        match self {
            Self::Combined(combiner) if combiner.is_full() => combiner.run(sink),
            Self::Combined(_) | Self::Lines | Self::Pairs(_) => Ok(()),
        }
    }

    fn finish(&mut self, sink: &mut MapSink<'_>) -> Result<(), CommandError> {
        match self {
            Self::Combined(combiner) => combiner.run(sink),
            Self::Lines | Self::Pairs(_) => Ok(()),
        }
    }
}

/// Receiver of the mapper's lines.
struct MapperSink<'a, 'b> {
    output: &'a mut MapperOutput,
    sink: &'a mut MapSink<'b>,
}

impl LineSink for MapperSink<'_, '_> {
    #[inline]
    fn line(&mut self, line: &[u8]) {
        self.output.line(line, self.sink);
    }

    fn block(&mut self) -> Result<(), CommandError> {
        self.output.block(self.sink)
    }
}

/// A mapper that is a command.
#[derive(Debug)]
pub(crate) struct CommandMapper {
    pub(crate) process: Process,
    pub(crate) output: MapperOutput,
}

impl MapTask for CommandMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let pending = self.process.pending();
        let more = records.batch(|record| {
            write_record(&record, pending);
            pending.push(b'\n');
        });
        let more = more.map_err(MapFault::Read)?;
        let output = &mut self.output;
        self.process.flush(&mut MapperSink { output, sink: out })?;
        Ok(more)
    }

    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault> {
        let output = &mut self.output;
        self.process.finish(&mut MapperSink { output, sink: out })?;
        Ok(self.output.finish(out)?)
    }
}

/// A mapper that returns records unchanged.
#[derive(Debug)]
pub(crate) struct IdentityMapper {
    output: MapperOutput,
    line: Vec<u8>,
}

impl IdentityMapper {
    /// Creates a mapper for this output.
    pub(crate) fn new(output: MapperOutput) -> Self {
        Self {
            output,
            line: Vec::new(),
        }
    }
}

impl MapTask for IdentityMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self { output, line } = self;
        let more = records.batch(|record| {
            line.clear();
            write_record(&record, line);
            output.line(line, out);
        });
        let more = more.map_err(MapFault::Read)?;
        self.output.block(out)?;
        Ok(more)
    }

    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(self.output.finish(out)?)
    }
}

/// Writes a record as a line, without a newline.
#[inline]
fn write_record(record: &Record<'_>, into: &mut Vec<u8>) {
    if record.field_count() == 1 {
        return write_field(record.bytes(), into);
    }
    for nth in 0..record.field_count() {
        if nth > 0 {
            into.push(FIELD_SEPARATOR);
        }
        write_field(record.field(nth).unwrap_or_default(), into);
    }
}

#[inline]
fn write_field(field: &[u8], into: &mut Vec<u8>) {
    match memchr::memchr(b'\n', field) {
        None => into.extend_from_slice(field),
        Some(_) => write_escaped(field, into),
    }
}

#[cold]
fn write_escaped(field: &[u8], into: &mut Vec<u8>) {
    for byte in field {
        match byte {
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            byte => into.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line() {
        let text = b"a\nb\r\nc\rd";
        for (fields, expected) in [
            (vec![], "a\\nb\\r\\nc\\rd"),
            (vec![0..1, 2..3, 5..8], "a\tb\tc\rd"),
        ] {
            let record = Record::from(&text[..]).with_fields(&fields);
            let mut line = Vec::new();
            write_record(&record, &mut line);
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }
}
