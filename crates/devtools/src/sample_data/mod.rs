//! `gen-data`: sample data of any size, the same bytes for the same seed.

mod command;
mod distinct_words;
mod generated_size;
mod tweet;
mod tweet_files;
mod vocabulary;
mod words;

pub use command::{Args, DEFAULT_ROWS, run};
pub use generated_size::GeneratedSize;
pub use tweet_files::{Limit, generate};
