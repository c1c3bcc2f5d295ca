//! Fields of the JSON values in lines (NDJSON).

mod extract;
mod pointer;
mod text;

pub(super) use extract::Extract;
