//! Tokenizers, which divide records into words.

mod cutter;
mod simd;
mod spaces;
mod words;

pub use cutter::Cutter;
pub use spaces::each_between_spaces;
pub use words::Words;
