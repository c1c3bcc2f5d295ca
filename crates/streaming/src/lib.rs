//! Jobs whose mapper, reducer and combiner are commands, as Hadoop Streaming has them.
//!
//! ```text
//! records -> lines -> mapper -> key TAB value -> sorted by key -> reducer -> lines of the result
//!                     CMD                                         CMD
//! ```
//! A program that registers [`job`] calls [`guard_if_asked`] first thing in its `main`: it is started again
//! beside each command, see [`guard`](guard_if_asked).
//!
//! # What a command meets
//! - It is run by `/bin/sh -c`, so pipes and variables work; as always with `sh`, a pipe succeeds if its last
//!   command does. It runs in a folder of its own, which links to the files of `job.files` and is the first of `PATH`.
//! - A mapper reads a line for each record. Fields are joined by TAB; a newline inside of a record (CSV has
//!   them) becomes the two characters `\n`, and a carriage return beside it `\r`: one record is one line.
//! - What it writes is cut at the first separator into key and value. A line without one is a key; the
//!   reducer reads it with a separator behind, as with Hadoop, and an identity reducer gives it as it was.
//! - The lines of the reducer are the result, byte for byte. (Hadoop adds a TAB to those without one.)
//! - Bytes need not be text. A last line without a newline is a line.
//! - It may end well before it has read everything; what is left is passed over.
//! - Lines `reporter:counter:GROUP,NAME,N` and `reporter:status:TEXT` on stderr are for us; of all others, the
//!   last ones are told if it fails.
//! - It is killed when, for the parameter `timeout`, it has neither read its stdin, nor written to its stdout, nor
//!   reported: other text on stderr is no sign of life. One that writes to its stdout for ever is alive, and ends only
//!   with the disk or the store that keeps it, or with the job.
//! - `TMPDIR` names a folder that goes with the attempt. The variables that Hadoop sets are set; see
//!   `environment`.
//!
//! # Layout
//! - `job`: the job. `settings`: its parameters. `cut`: keys and values in lines.
//! - `mapper`, `combine`, `reducer`: attempts.
//! - `process`: a command at work. `idle`: for how long it is not. `stop`: why it is left. `lines`: what it writes. `messages`: its stderr. `failure`: how it ended.
//! - `start`, `folder`, `environment`: what it finds around it. `guard`: what kills it.

#![allow(
    clippy::disallowed_types,
    reason = "commands are watched without Tokio, whose clock is the one that can be paused"
)]

mod combine;
mod cut;
mod environment;
mod failure;
mod folder;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod idle;
mod job;
mod lines;
mod mapper;
mod messages;
mod process;
mod reducer;
mod settings;
mod start;
mod stop;

pub use guard::guard_if_asked;
pub use job::{Streaming, job};

/// All jobs that come along: those of [`mapreduce_jobs::registry`], and [`job`].
pub fn registry() -> mapreduce::Registry {
    let mut registry = mapreduce_jobs::registry();
    registry.add(job());
    registry
}
