//! `gen-data`: sample data of any size, the same bytes for the same seed.

mod command;
mod distinct_words;
mod tweet;
mod tweet_files;
mod vocabulary;
mod words;
mod written;

pub use command::{Args, DEFAULT_ROWS, run};
pub use tweet_files::{Limit, generate};
pub use written::Written;
