//! `mapreduce run` as a user meets it: the binary on real and on hostile input, and its library path
//! against an oracle.
//!
//! # Layout
//! - `exact`: real input, byte for byte, however it is cut.
//! - `random`: random input against the oracle.
//! - `input`, `csv`, `record`, `during`: input that is missing, malformed, huge, or changes.
//! - `compressed`: input that is compressed, whole and damaged.
//! - `bad_records`: records that a job fails at.
//! - `output`: outputs that cannot be written.
//! - `parts`: outputs that are folders of part files.
//! - `settings`: settings that are wrong.
//! - `jobs`: how jobs and their parameters are asked for. `jobs_own`: jobs of another registry.
//! - `steps`: jobs of several steps, and files beside the output.
//! - `streaming`: commands that do what they should not.
//! - `interrupt`: SIGINT and SIGTERM.
//! - `oracle`: DESIGN section 7 as a sequential program, sharing no code with the library.
//! - `place`: a folder per test, and processes that cannot hang it.

mod bad_records;
mod compressed;
mod csv;
mod during;
mod exact;
mod input;
mod interrupt;
mod jobs;
mod jobs_own;
mod oracle;
mod output;
mod parts;
mod place;
mod random;
mod record;
mod settings;
mod steps;
mod streaming;
