//! Tests of `mapreduce run`: the program on real and on hostile input, and the library against an oracle.
//!
//! # Layout
//! - `exact`: the exact bytes of results for any splits and any number of slots.
//! - `random`: random input, compared with the oracle.
//! - `dialects`: delimiters, quotes, escapes, comments and null texts of tables.
//! - `differential`: the table jobs on random tables, compared with an oracle in Python.
//! - `input`, `csv`, `record`: input that is missing, malformed or huge. `during`: input that changes during the job.
//! - `sources`: sub-folders, patterns, standard input and FIFOs.
//! - `compressed`: compressed input, intact and damaged.
//! - `encodings`: UTF-16 and other encodings, and bytes that are not UTF-8.
//! - `bad_records`: records at which the code of a job fails.
//! - `output`: outputs that cannot be written. `destinations`: links, streams and compressed results. `parts`: outputs that are folders of part files.
//! - `settings`: wrong settings.
//! - `jobs`: the built-in jobs and their parameters. `jobs_own`: jobs of another registry.
//! - `steps`: jobs of several steps.
//! - `streaming`: commands that misbehave.
//! - `interrupt`: SIGINT and SIGTERM.
//! - `oracle`: word count as a sequential program that shares no code with the library.
//! - `sandbox`: temporary folders of tests, and processes with a deadline.

mod bad_records;
mod compressed;
mod csv;
mod destinations;
mod dialects;
mod differential;
mod during;
mod encodings;
mod exact;
mod input;
mod interrupt;
mod jobs;
mod jobs_own;
mod misread;
mod oracle;
mod output;
mod parts;
mod random;
mod record;
mod sandbox;
mod settings;
mod sources;
mod steps;
mod streaming;
