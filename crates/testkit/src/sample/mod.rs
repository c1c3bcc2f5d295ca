//! Generated input. Its expected counts follow the rules of each tokenizer, without code of the project under test.
//!
//! The samples are the same in every run. [`Data::books`](crate::data::Data::books) and its siblings choose between
//! them and real input.

mod counts;
mod samples;
mod text_generator;

pub use samples::{csv, distinct, of, repeated, table, text};
