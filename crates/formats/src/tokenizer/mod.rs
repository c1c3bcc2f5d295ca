//! Tokenizers, which divide records into words.

mod simd;
mod spaces;
mod unicode;
mod word_tokenizer;
mod words;

pub use spaces::each_between_spaces;
pub use unicode::UnicodeWords;
pub use word_tokenizer::WordTokenizer;
pub use words::Words;
