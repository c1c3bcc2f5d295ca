//! The receiver of a command's output.

use crate::command_error::CommandError;

/// Receiver of the lines that a command writes to stdout.
pub(crate) trait LineSink {
    /// Receives a line without its newline.
    fn line(&mut self, line: &[u8]);

    /// Called after each block of lines. Errors of the lines in it are returned here, because a check for each line
    /// would be slow.
    fn block(&mut self) -> Result<(), CommandError> {
        Ok(())
    }
}
