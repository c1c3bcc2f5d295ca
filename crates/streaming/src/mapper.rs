//! Map attempts.

use mapreduce::Record;
use mapreduce::job::{MapFault, MapSink, MapTask};
use mapreduce::reader::Records;

use crate::combine::Combine;
use crate::cut::Cut;
use crate::process::Process;
use crate::stop::{Stop, Taker};

/// What lies between the fields of a record.
const FIELDS: u8 = b'\t';

/// What becomes of a mapper's lines.
#[derive(Debug)]
pub(crate) enum Output {
    /// They are kept as they are, in their order: values of one key.
    Lines,
    /// They are keys and values.
    Pairs(Cut),
    /// The same, combined.
    Combined(Box<Combine>),
}

impl Output {
    #[inline]
    fn line(&mut self, line: &[u8], sink: &mut MapSink<'_>) {
        match self {
            Self::Lines => sink.push(b"", line),
            Self::Pairs(cut) => {
                let (key, value) = cut.key_and_value(line);
                sink.push(key, value);
            }
            Self::Combined(combine) => combine.line(line),
        }
    }

    fn block(&mut self, sink: &mut MapSink<'_>) -> Result<(), Stop> {
        sink.relieve()?;
        match self {
            Self::Combined(combine) if combine.is_full() => combine.run(sink),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, sink: &mut MapSink<'_>) -> Result<(), Stop> {
        match self {
            Self::Combined(combine) => combine.run(sink),
            _ => Ok(()),
        }
    }
}

/// What a mapper writes, on its way.
struct ToSink<'a, 'b> {
    output: &'a mut Output,
    sink: &'a mut MapSink<'b>,
}

impl Taker for ToSink<'_, '_> {
    #[inline]
    fn line(&mut self, line: &[u8]) {
        self.output.line(line, self.sink);
    }

    fn block(&mut self) -> Result<(), Stop> {
        self.output.block(self.sink)
    }
}

/// A mapper that is a command.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) process: Process,
    pub(crate) output: Output,
}

impl MapTask for Mapping {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let pending = self.process.pending();
        let more = records.batch(|record| {
            put(&record, pending);
            pending.push(b'\n');
        });
        let more = more.map_err(MapFault::Read)?;
        let output = &mut self.output;
        self.process.flush(&mut ToSink { output, sink: out })?;
        Ok(more)
    }

    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault> {
        let output = &mut self.output;
        self.process.finish(&mut ToSink { output, sink: out })?;
        Ok(self.output.finish(out)?)
    }
}

/// A mapper that gives records as they are.
#[derive(Debug)]
pub(crate) struct Identity {
    output: Output,
    line: Vec<u8>,
}

impl Identity {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            line: Vec::new(),
        }
    }
}

impl MapTask for Identity {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self { output, line } = self;
        let more = records.batch(|record| {
            line.clear();
            put(&record, line);
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

/// Writes a record as a line, without its end.
#[inline]
fn put(record: &Record<'_>, into: &mut Vec<u8>) {
    if record.fields() == 1 {
        return put_field(record.bytes(), into);
    }
    for nth in 0..record.fields() {
        if nth > 0 {
            into.push(FIELDS);
        }
        put_field(record.field(nth).unwrap_or_default(), into);
    }
}

#[inline]
fn put_field(field: &[u8], into: &mut Vec<u8>) {
    match memchr::memchr(b'\n', field) {
        None => into.extend_from_slice(field),
        Some(_) => put_escaped(field, into),
    }
}

#[cold]
fn put_escaped(field: &[u8], into: &mut Vec<u8>) {
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
            put(&record, &mut line);
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }
}
