//! The jobs that are run, and the settings that differ between them.

use crate::rng::Rng;

/// A kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Settings, by the names that environment variables have behind MAPREDUCE__.
    pub(super) settings: &'static [(&'static str, &'static str)],
    /// The file of the result, whose name says its format.
    pub(super) output: &'static str,
}

/// Word count is the most frequent one: the two ways to aggregate are the most different.
pub(super) const KINDS: [Kind; 6] = [
    Kind {
        name: "word-count",
        settings: &[("INPUT__COLUMN", "text"), ("INPUT__TOKENIZER", "words")],
        output: "results.json",
    },
    Kind {
        name: "word-count by spaces",
        settings: &[
            ("INPUT__COLUMN", "text"),
            ("INPUT__TOKENIZER", "spaces"),
            ("SHUFFLE__COMPRESSION", "lz4"),
        ],
        output: "results.json",
    },
    Kind {
        name: "live word-count",
        settings: &[("INPUT__COLUMN", "text"), ("JOB__AGGREGATE", "live")],
        output: "results.json",
    },
    Kind {
        name: "inverted-index",
        settings: &[("JOB__NAME", "inverted-index"), ("INPUT__COLUMN", "text")],
        output: "index.ndjson",
    },
    Kind {
        name: "group-by",
        settings: &[
            ("JOB__NAME", "group-by"),
            ("JOB__PARAMS__KEY", "author_id"),
            ("JOB__PARAMS__COUNT", "true"),
            ("JOB__PARAMS__SUM", "tweet_id"),
            ("JOB__PARAMS__DISTINCT", "created_at"),
        ],
        output: "groups.csv",
    },
    Kind {
        name: "distinct",
        settings: &[
            ("JOB__NAME", "distinct"),
            ("JOB__PARAMS__COLUMNS", "author_id,inbound"),
            ("JOB__PARAMS__MODE", "list"),
        ],
        output: "distinct.ndjson",
    },
];

/// Draws a job; the first two kinds come more often.
pub(super) fn draw(rng: &mut Rng) -> Kind {
    let place = rng.below(KINDS.len() as u32 + 2) as usize;
    KINDS[place % KINDS.len()]
}
