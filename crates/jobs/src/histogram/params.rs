//! Parameters of the job `histogram`.

use mapreduce_core::JobError;
use mapreduce_job::job_params;
use serde::Deserialize;

use super::decimal::{Decimal, MAX_PLACES};
use crate::column_name::ColumnName;
use crate::number::{DecimalSeparator, NumberFormat, ThousandsSeparator};

job_params! {
    /// Parameters of the job.
    pub(super) struct HistogramParams {
        /// column with the numbers; if not set, each record is a number
        pub(super) column: Option<ColumnName> = "",
        /// width of a bucket; a bucket contains its lower bound, which is its key in the result
        pub(super) width: Width = "1",
        /// true: buckets between powers of two; the key is the power nearer to 0
        pub(super) log2: bool = "false",
        /// decimal separator of numbers: one character
        pub(super) decimal: DecimalSeparator = ".",
        /// thousands separator of numbers: one character, or the word space; if not set, numbers have none
        pub(super) thousands: Option<ThousandsSeparator> = "",
    }
}

impl HistogramParams {
    /// Returns the notation of the numbers.
    pub(super) fn format(&self) -> Result<NumberFormat, JobError> {
        NumberFormat::new(self.decimal, self.thousands)
    }
}

/// Width of the buckets: a decimal number above 0.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Width(pub(super) Decimal);

impl TryFrom<String> for Width {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let width = Decimal::exact(&text).filter(|width| width.is_positive());
        width.map(Self).ok_or_else(|| {
            format!(
                "must be a decimal number above 0, with at most {MAX_PLACES} digits before and after the point"
            )
        })
    }
}
