//! Parameters of the job `join`.

use mapreduce_job::job_params;
use serde::Deserialize;

job_params! {
    /// Parameters of the job.
    pub(super) struct JoinParams {
        /// key columns of the first input (job.input), a,b,…
        pub(super) left_key as "left.key": Vec<String> = required,
        /// key columns of the second input, as many
        pub(super) right_key as "right.key": Vec<String> = required,
        /// inner: pairs of records with equal keys; left, right or full: also records of the first, the second or both inputs without a partner; semi or anti: records of the first input with or without a partner
        pub(super) kind: JoinKind = "inner",
        /// columns of the result, a,left.b,right.c,…; if not set, the keys, then the other columns of both inputs
        pub(super) select: Vec<String> = "",
        /// text: keys are equal if their texts are; number: also if they are the same number, such as 1 and 1.0
        pub(super) compare: Comparison = "text",
    }
}

/// Kind of the join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JoinKind {
    #[default]
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

impl JoinKind {
    /// Returns true if the result has the left records without a partner.
    pub(super) fn keeps_left(self) -> bool {
        matches!(self, Self::Left | Self::Full | Self::Anti)
    }

    /// Returns true if the result has the right records without a partner.
    pub(super) fn keeps_right(self) -> bool {
        matches!(self, Self::Right | Self::Full)
    }

    /// Returns true if the result has the columns of the right input.
    pub(super) fn has_right_columns(self) -> bool {
        !matches!(self, Self::Semi | Self::Anti)
    }
}

/// Comparison of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Comparison {
    #[default]
    Text,
    Number,
}
