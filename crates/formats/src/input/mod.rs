//! Which files a job reads, what is in them, and whether they still are what the planner saw.
//!
//! # Layout
//! - `discover`: the files of the inputs; `error`: what is wrong with them.
//! - `format`: how a file's bytes become records. `parquet`: what the end of a Parquet file tells.
//! - `compression`, `content`, `damage`: compressed files, the bytes they stand for, what is wrong with them.
//! - `resolve`, `fingerprint`: the file that a plan means, and whether it changed.

mod compression;
mod content;
mod damage;
mod discover;
mod error;
mod fingerprint;
mod found_file;
mod parquet_file;
mod resolve;

pub use content::Content;
pub use damage::Damage;
pub use discover::{discover, reads};
pub use error::InputError;
pub use found_file::FoundFile;
pub use parquet_file::parquet_file;

pub use content::records;
pub use fingerprint::difference;
pub use resolve::resolve;
