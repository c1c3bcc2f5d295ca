//! Runs a job's mapper over the records of one split.

mod attempt;
mod error;
mod location;

pub use attempt::{FoundDefect, MapAttempt, MapOutcome};
pub use error::{BadRecord, MapError};
pub use location::RecordLocation;
