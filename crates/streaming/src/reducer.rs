//! Reduce attempts.

use mapreduce::job::{JobError, RawValues, ReduceTask};
use mapreduce::shuffle::RowSink;

use crate::combine::flush;
use crate::cut::Cut;
use crate::process::Process;
use crate::stop::Taker;

/// A line of the result: all of it is the key, so it comes out as it is.
impl Taker for RowSink {
    fn line(&mut self, line: &[u8]) {
        self.push(0, line, None, b"");
    }
}

/// A reducer that is a command.
#[derive(Debug)]
pub(crate) struct Reducing {
    pub(crate) process: Process,
    pub(crate) cut: Cut,
}

impl ReduceTask for Reducing {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            self.cut.put(key, value, self.process.pending());
            flush(&mut self.process, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        Ok(self.process.finish(out)?)
    }
}

/// A reducer that gives the mappers' lines as they were.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    line: Vec<u8>,
}

impl ReduceTask for Identity {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            self.line.clear();
            self.line.extend_from_slice(key);
            self.line.extend_from_slice(value);
            out.line(&self.line);
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}
