//! Shorthands for the tests of the list.

use crate::mutants::killer::{Killer, Kind};

/// Hundreds of simulated clusters.
pub(super) const SIMULATION: Killer = Killer {
    kind: Kind::Simulation,
    package: "simulation",
    program: Some("seeds"),
    tests: &["five_hundred_simulated_clusters_give_exact_results"],
};

/// Tests of the store with a real Redis.
pub(super) const fn store(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package: "store",
        program: Some("redis"),
        tests,
    }
}

/// Unit tests of a library.
pub(super) const fn unit(package: &'static str, tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package,
        program: None,
        tests,
    }
}

/// Tests of whole clusters.
pub(super) const fn cluster(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package: "testkit",
        program: Some("cluster"),
        tests,
    }
}
