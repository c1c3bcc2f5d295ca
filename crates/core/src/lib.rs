//! Data types that all crates of `MapReduce` share: identifiers, plans, records, counters and the key hash.
//!
//! This crate does no I/O and depends neither on Redis nor on Tokio nor on a clock.
//!
//! # Layout
//! - [`ids`]: a type for each identifier.
//! - [`key`]: the hash that orders and partitions keys.
//! - [`plan`]: the tasks of a job and their hash. [`spec`]: the job specification. [`split`]: input files and splits.
//! - [`params`], [`shape`], [`error`]: the parameters of a job, its structure and its errors.
//! - [`column_names`]: columns by name or number.
//! - [`schema`]: the columns of a result, and the cells of its rows.
//! - [`file_format`], [`delimiter`], [`dialect`], [`compression`], [`encoding`], [`output_format`], [`output_name`],
//!   [`tokenizer`]: formats of input and output.
//! - [`record`], [`word`], [`pairs`], [`counters`]: the data that tasks process.

pub mod column_names;
pub mod compression;
pub mod counters;
pub mod delimiter;
pub mod dialect;
pub mod encoding;
pub mod error;
pub mod file_format;
pub mod ids;
pub mod key;
pub mod output_format;
pub mod output_name;
pub mod pairs;
pub mod panic;
pub mod params;
pub mod plan;
pub mod record;
pub mod schema;
pub mod shape;
pub mod shipped_file;
pub mod spec;
pub mod split;
pub mod tokenizer;
pub mod word;

pub use compression::Compression;
pub use counters::Counters;
pub use delimiter::Delimiter;
pub use dialect::{Dialect, Escape, Quote};
pub use encoding::{InputEncoding, TextEncoding};
pub use error::JobError;
pub use file_format::{Column, FileFormat, InputFormat};
pub use ids::{JobId, PlanHash, TaskIndex, WorkerName};
pub use output_format::OutputFormat;
pub use output_name::{ForeignSuffix, OutputName};
pub use pairs::Pairs;
pub use panic::panic_message;
pub use params::{Param, Params};
pub use plan::{Plan, Task};
pub use record::Record;
pub use schema::{
    CellType, Cells, ResultColumn, Schema, columns_by_input, distinct_names, put_cell,
};
pub use shape::{Columns, Order, Partitioning, Reduction, Shape, ValueKind};
pub use shipped_file::ShippedFile;
pub use spec::{Aggregate, JobSpec, MAX_REDUCES, PartFiles, StepPosition};
pub use split::{InputFile, Split};
pub use tokenizer::Tokenizer;
pub use word::Word;
