//! NDJSON: fields of the JSON value in each line.

mod extract;
mod pointer;
mod text;

pub(super) use extract::Extract;
