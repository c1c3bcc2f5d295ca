//! Tests that notice a mutation.

use std::fmt;

/// Kind of tests. The kinds run in this order, the fast one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Tests of a crate or of a cluster.
    Tests,
    /// Hundreds of simulated clusters.
    Simulation,
}

/// Tests that notice a mutation.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Killer {
    pub(super) kind: Kind,
    /// Folder of the crate with the tests.
    pub(super) folder: &'static str,
    /// Test program, or `None` for the unit tests of the library.
    pub(super) program: Option<&'static str>,
    /// Full names of the tests.
    pub(super) tests: &'static [&'static str],
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.folder, self.tests.join(", "))
    }
}
