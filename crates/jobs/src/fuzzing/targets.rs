//! The list of fuzz targets.

use super::{blob, compressed, csv, dialect, ndjson, pairs, params, plan, runs, table, texts};

/// Name and function of a fuzz target. The function panics if the property does not hold for its input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. The corpus of a target is the folder of the same name in `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("texts", texts),
    ("csv", csv),
    ("table", table),
    ("dialect", dialect),
    ("ndjson", ndjson),
    ("compressed", compressed),
    ("blob", blob),
    ("runs", runs),
    ("pairs", pairs),
    ("plan", plan),
    ("params", params),
];
