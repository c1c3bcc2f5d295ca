//! Kinds of jobs, and the settings that differ between them.

use devtools::random::Random;

/// A kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobKind {
    pub(crate) name: &'static str,
    /// Settings by the names of their environment variables without `MAPREDUCE__`.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// File name of the result. Its extension selects the format.
    pub(crate) output: &'static str,
}

/// All kinds. Word count is the most frequent one, because its two ways to aggregate differ the most.
pub(crate) const KINDS: [JobKind; 6] = [
    JobKind {
        name: "word-count",
        settings: &[("INPUT__COLUMN", "text"), ("INPUT__TOKENIZER", "words")],
        output: "results.json",
    },
    JobKind {
        name: "word-count by spaces",
        settings: &[
            ("INPUT__COLUMN", "text"),
            ("INPUT__TOKENIZER", "spaces"),
            ("SHUFFLE__COMPRESSION", "lz4"),
        ],
        output: "results.json",
    },
    JobKind {
        name: "live word-count",
        settings: &[("INPUT__COLUMN", "text"), ("JOB__AGGREGATE", "live")],
        output: "results.json",
    },
    JobKind {
        name: "inverted-index",
        settings: &[("JOB__NAME", "inverted-index"), ("INPUT__COLUMN", "text")],
        output: "index.ndjson",
    },
    JobKind {
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
    JobKind {
        name: "distinct",
        settings: &[
            ("JOB__NAME", "distinct"),
            ("JOB__PARAMS__COLUMNS", "author_id,inbound"),
            ("JOB__PARAMS__MODE", "list"),
        ],
        output: "distinct.ndjson",
    },
];

/// Draws a kind. The first two kinds come twice as often.
pub(crate) fn draw(random: &mut Random) -> JobKind {
    let index = random.below(KINDS.len() as u32 + 2) as usize;
    KINDS[index % KINDS.len()]
}
