//! Parameters of the job `group-by`.

use mapreduce_job::job_params;

use crate::number::{DecimalSeparator, ThousandsSeparator};

job_params! {
    /// Parameters of the job.
    pub(super) struct GroupByParams {
        /// columns to group by, a,b,…
        pub(super) key: Vec<String> = required,
        /// /// adds the number of records, as count; always on if no other parameter names a column
        pub(super) count: bool = "false",
        /// /// columns to sum, as sum_COLUMN
        pub(super) sum: Vec<String> = "",
        /// /// columns to take the minimum of, as min_COLUMN
        pub(super) min: Vec<String> = "",
        /// /// columns to take the maximum of, as max_COLUMN
        pub(super) max: Vec<String> = "",
        /// /// columns to average, as mean_COLUMN
        pub(super) mean: Vec<String> = "",
        /// /// columns to count distinct cells of, as distinct_COLUMN
        pub(super) distinct: Vec<String> = "",
        /// decimal separator of numbers: one character
        pub(super) decimal: DecimalSeparator = ".",
        /// thousands separator of numbers: one character, or the word space; if not set, numbers have none
        pub(super) thousands: Option<ThousandsSeparator> = "",
    }
}
