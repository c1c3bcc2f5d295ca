//! Parameters of the job `join`.

use mapreduce_job::job_params;
use serde::Deserialize;

job_params! {
    /// Parameters of the job.
    pub(super) struct JoinParams {
        /// key column of the first input (job.input); its records with the same key may take 256 MiB
        pub(super) left_key as "left.key": String = required,
        /// key column of the second input
        pub(super) right_key as "right.key": String = required,
        /// inner: pairs of records with equal keys; left: also records of the first input without a partner
        pub(super) kind: JoinKind = "inner",
    }
}

/// Kind of the join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JoinKind {
    #[default]
    Inner,
    Left,
}
