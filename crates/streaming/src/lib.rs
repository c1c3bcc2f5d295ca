//! Jobs whose mapper, reducer and combiner are commands, like those of Hadoop Streaming.
//!
//! ```text
//! records -> lines -> mapper -> key TAB value -> sorted by key -> reducer -> lines of the result
//!                     CMD                                         CMD
//! ```
//! A program that registers [`job`] must call [`run_guard_if_requested`] at the start of its `main`. The worker starts
//! the program a second time for each command; this process guards the command.
//!
//! # Contract with a command
//! - `/bin/sh -c` runs the command, so pipes and variables work. As always in `sh`, a pipe succeeds if its last
//!   command does. The command runs in a separate folder, which contains links to the files of `job.files` and is
//!   the first entry of `PATH`.
//! - A mapper reads one line for each record, with the fields joined by tabs. A newline inside a record, which CSV
//!   allows, becomes the two characters `\n`, and a carriage return in such a record becomes `\r`.
//! - The first separator in a line of the mapper ends the key. A line without a separator is a key. The reducer
//!   reads such a key with a separator after it, as in Hadoop; an identity reducer returns the line unchanged.
//! - The lines of the reducer are the result, byte for byte. (Hadoop adds a tab to lines that do not contain one.)
//! - Input and output may be any bytes. A last line without a newline is a line.
//! - A command may exit with 0 before it has read its whole input. The rest is ignored.
//! - Lines `reporter:counter:GROUP,NAME,N` and `reporter:status:TEXT` on stderr are reports. If the command fails,
//!   the error message contains the last of the other lines.
//! - A command is killed if, for the time of the parameter `timeout`, it has not read stdin, written to stdout or sent
//!   a report. Other text on stderr does not count. A command that writes to stdout without end is never idle; it
//!   ends when the storage for its output is full, or with the job.
//! - `TMPDIR` names a folder that is deleted after the attempt. The variables of Hadoop are set; see `environment`.
//!
//! # Layout
//! - `job`: the job. `settings`: its parameters. `separator`: keys and values in lines.
//! - `mapper`, `combiner`, `reducer`: attempts. `line_sink`: the receiver of a command's lines.
//! - `process`: a running command. `idle_timer`: its idle time. `line_buffer`: its stdout. `stderr`: its reports.
//!   `failure`: error messages about it. `command_error`: reasons to stop it.
//! - `starter`, `task_folder`, `environment`: start a command. `guard`: the process that kills it and its children.

#![allow(
    clippy::disallowed_types,
    reason = "commands are watched without Tokio, whose clock is the one that can be paused"
)]

mod combiner;
mod command_error;
mod environment;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod idle_timer;
mod job;
mod line_buffer;
mod line_sink;
mod mapper;
mod process;
mod reducer;
mod registry;
mod separator;
mod settings;
mod starter;
mod stderr;
mod task_folder;

pub use guard::run_guard_if_requested;
pub use job::{Streaming, job};
pub use registry::registry;
