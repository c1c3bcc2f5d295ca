//! Records out of bytes.
//!
//! A reader is given exactly the bytes of a split, both ends of which are record boundaries, and hands
//! out its records as valid UTF-8, block by block: what is the same for all records of a block is found
//! out once.

mod csv;
mod fields;
mod key_value;
mod lines;
mod ndjson;
mod open;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "no_parquet.rs"]
mod parquet;
mod record_reader;
mod selection;
mod short;
mod table;
mod text;
mod whole;
mod window;

pub use crate::read_error::ReadError;
pub use open::{Records, base, open};
pub use record_reader::RecordReader;
pub use selection::{Quote, Seen, Selection};
pub use short::{FirstShort, Lack};
