//! Text for the tokenizer benchmark.

mod text;

pub(crate) use text::records;
