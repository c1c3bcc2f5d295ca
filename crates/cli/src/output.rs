//! Results on stdout.

use std::io::Write;

/// Prints a line on stdout.
///
/// A failed write is ignored: a reader such as `head` may close the pipe, which is not an error.
pub(crate) fn print_line(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Prints a line on stderr, because stdout receives the result of the job. A failed write is ignored too.
pub(crate) fn print_line_to_stderr(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
