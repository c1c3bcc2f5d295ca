//! The list of fuzz targets.

use super::{blob, compressed, csv, ndjson, pairs, params, plan, runs, table, texts};

/// What must hold, and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them by name, which is that of the folder of their corpus below `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("texts", texts),
    ("csv", csv),
    ("table", table),
    ("ndjson", ndjson),
    ("compressed", compressed),
    ("blob", blob),
    ("runs", runs),
    ("pairs", pairs),
    ("plan", plan),
    ("params", params),
];
