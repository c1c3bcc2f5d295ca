//! Parameters of the job `grep`.

use mapreduce_core::{JobError, Params};
use mapreduce_job::{JobParams, job_params};
use serde::Deserialize;

job_params! {
    /// Parameters of the job.
    pub(super) struct GrepParams {
        /// regular expression, in the syntax of the Rust crate regex
        pub(super) pattern: String = required,
        /// lines: the matching lines or rows, in the order of the input; counts: the number of occurrences of each matching text
        pub(super) output: Output = "lines",
        /// columns of a table to search in, a,b,…; if not set, all columns
        pub(super) columns: Vec<String> = "",
        /// true: match capital and small letters alike
        pub(super) ignore_case: bool = "false",
        /// true: select the lines or rows that do not match
        pub(super) invert: bool = "false",
        /// true: put the file and the line number before each line, file:number:line; in a table, as columns file and line
        pub(super) names: bool = "false",
    }
}

/// Content of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Output {
    Lines,
    Counts,
}

impl GrepParams {
    /// Reads the parameters, and rejects those that exclude each other.
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let params = Self::read(params)?;
        if params.output == Output::Counts && (params.invert || params.names) {
            return Err(JobError::permanent(
                "the parameters invert and names need output=lines",
            ));
        }
        Ok(params)
    }
}
