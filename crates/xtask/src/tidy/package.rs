//! One package of the workspace.

use std::path::PathBuf;

/// Crates for development only. Nothing that ships depends on them.
pub(crate) const INTERNAL: &[&str] = &[
    "testkit",
    "simulation",
    "chaos",
    "bench",
    "devtools",
    "fuzzer",
    "xtask",
];

/// One package of the workspace.
#[derive(Debug)]
pub(super) struct Package {
    /// Package name, such as `mapreduce-core`.
    pub(super) name: String,
    /// Folder below the root of the checkout.
    pub(super) folder: PathBuf,
    /// Root files of its libraries, programs and examples, without tests and benchmarks.
    pub(super) roots: Vec<PathBuf>,
    /// Names of the packages that it is built with, without development dependencies.
    pub(super) dependencies: Vec<String>,
}

impl Package {
    /// Returns true if users get this package. Examples and crates for development do not count.
    pub(super) fn ships(&self) -> bool {
        self.folder.starts_with("crates") && !INTERNAL.contains(&short(&self.name))
    }
}

/// Returns the name of a package without the prefix that our packages share.
pub(super) fn short(name: &str) -> &str {
    name.strip_prefix("mapreduce-").unwrap_or(name)
}
