//! Record readers.
//!
//! A reader gets exactly the bytes of a split, which starts and ends at record boundaries. It returns the records as
//! bytes, one block at a time. Checks of a whole block, such as that for UTF-8, run once per block and not once per
//! record.

mod csv;
mod defects;
mod fields;
mod key_value;
mod line_counter;
mod ndjson;
mod open;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "parquet_disabled.rs"]
mod parquet;
mod record_reader;
mod selection;
mod table;
mod text;
mod whole;
mod window;

pub use crate::read_error::ReadError;
pub use defects::{FirstDefect, RecordDefect};
pub use open::{Records, base_offset, open};
pub use record_reader::RecordReader;
pub use selection::{RecordExcerpt, Selected, Selection};
