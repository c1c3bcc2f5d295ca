//! Grammar of tables: CSV, and tables with another delimiter than the comma.
//!
//! - A quote opens a quoted cell only as the first byte of the cell. Elsewhere in an unquoted cell it is an ordinary
//!   character.
//! - In a quoted cell, two quotes stand for one quote. A single quote ends the quoted part. Text between that quote and
//!   the next delimiter or line end, which well-formed CSV lacks, belongs to the cell unchanged.
//! - An LF outside quotes ends a record. A CR right before it is dropped; a lone CR is an ordinary character.
//! - Empty lines are not records.
//! - The delimiter is a single byte other than a quote or a line end.
//!
//! Headers (`header`), records (`record`) and the boundaries between records (`quotes`) follow from this code alone.
//!
//! These are the rules of RFC 4180. Tables in another dialect (`grammar`) have other quotes, escapes by backslashes, or
//! comments. They follow from the state machine in `dialect`.

mod detect;
mod dialect;
mod grammar;
mod header;
mod quotes;
mod record;

pub use detect::{DELIMITERS, Detected, Known, delimiter_within, detect};
pub(crate) use dialect::{Position, advance_dialect, scan_dialect};
pub use grammar::Grammar;
pub use header::{Header, HeaderScan, scan_header};
pub(crate) use quotes::{ScanObserver, State, advance};
pub(crate) use record::{CellRange, CellSink, Scan, Scanned, scan, unquote};
