//! Shorthands for the tests of the list.

use crate::mutants::killer::{Killer, Kind};

/// Hundreds of simulated clusters.
pub(super) const SIMULATION: Killer = Killer {
    kind: Kind::Simulation,
    folder: "simulation",
    program: Some("seeds"),
    tests: &["five_hundred_simulated_clusters_give_exact_results"],
};

/// Tests of the store with a real Redis.
pub(super) const fn store(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        folder: "store",
        program: Some("redis"),
        tests,
    }
}

/// Unit tests of a library.
pub(super) const fn unit(folder: &'static str, tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        folder,
        program: None,
        tests,
    }
}

/// Tests of whole clusters.
pub(super) const fn cluster(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        folder: "testkit",
        program: Some("cluster"),
        tests,
    }
}
