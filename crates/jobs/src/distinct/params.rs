//! Parameters of the job `distinct`.

use mapreduce_core::{JobError, Params};
use mapreduce_job::{JobParams, job_params};
use serde::Deserialize;

job_params! {
    /// Parameters of the job.
    pub(super) struct DistinctParams {
        /// columns whose cells together are a value, a,b,…; if not set, each record is a value
        pub(super) columns: Vec<String> = "",
        /// exact: number of values; estimate: approximate number (HyperLogLog, standard error 0.8 %); list: all values
        pub(super) mode: Mode = "exact",
    }
}

/// Content of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Exact,
    Estimate,
    List,
}

impl Mode {
    /// Returns true if map tasks drop repeated values. A sketch needs no combiner.
    pub(super) fn combines(self) -> bool {
        matches!(self, Self::Exact | Self::List)
    }
}

impl DistinctParams {
    /// Reads the parameters, and rejects a mode that this program lacks.
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let params = Self::read(params)?;
        if params.mode == Mode::Estimate && cfg!(not(feature = "sketches")) {
            return Err(JobError::permanent(
                "the parameter mode=estimate is not supported by this program; build it with --features sketches",
            ));
        }
        Ok(params)
    }
}
