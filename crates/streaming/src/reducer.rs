//! Reduce attempts.

use mapreduce_core::JobError;
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{RawValues, ReduceTask};

use crate::combiner::flush_full_block;
use crate::line_sink::LineSink;
use crate::process::Process;
use crate::separator::Separator;

/// Stores each line of the result as a key without a value, which is written unchanged.
impl LineSink for RowSink {
    fn line(&mut self, line: &[u8]) {
        self.push(0, line, None, b"");
    }
}

/// A reducer that is a command.
#[derive(Debug)]
pub(crate) struct CommandReducer {
    pub(crate) process: Process,
    pub(crate) separator: Separator,
}

impl ReduceTask for CommandReducer {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            self.separator
                .write_line(key, value, self.process.pending());
            flush_full_block(&mut self.process, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        Ok(self.process.finish(out)?)
    }
}

/// A reducer that returns the mappers' lines unchanged.
#[derive(Debug, Default)]
pub(crate) struct IdentityReducer {
    line: Vec<u8>,
}

impl ReduceTask for IdentityReducer {
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
