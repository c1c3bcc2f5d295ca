//! The mutations: what they remove, and which tests must fail for it.

mod files;
mod functions;
mod recovery;

use anyhow::ensure;

use super::tests_of::{Killer, Kind};

/// All mutations.
pub(super) const MUTANTS: &[&[Mutant]] = &[functions::MUTANTS, recovery::MUTANTS, files::MUTANTS];

/// One replacement.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) name: &'static str,
    /// What is missing then.
    pub(super) removes: &'static str,
    /// The file, from the root of the workspace.
    pub(super) file: &'static str,
    /// A text that is in the file once.
    pub(super) old: &'static str,
    /// What takes its place.
    pub(super) new: &'static str,
    /// Tests, of which one must fail.
    pub(super) killers: &'static [Killer],
}

impl Mutant {
    /// Those of its killers that are of this kind.
    pub(super) fn killers(&self, kind: Kind) -> impl Iterator<Item = &'static Killer> {
        self.killers
            .iter()
            .filter(move |killer| killer.kind == kind)
    }

    /// `text` with the mutation.
    pub(super) fn apply(&self, text: &str) -> anyhow::Result<String> {
        let found = text.matches(self.old).count();
        ensure!(
            found == 1,
            "{}: {} has the text {:?} {found} times; the mutation {} must be brought up to date",
            self.file,
            self.file,
            self.old,
            self.name
        );
        Ok(text.replacen(self.old, self.new, 1))
    }
}

/// Whole clusters under fire, each under a seed.
const SIMULATION: Killer = Killer {
    kind: Kind::Simulation,
    package: "simulation",
    program: Some("seeds"),
    tests: &["five_hundred_clusters_under_fire_give_exact_results"],
};

/// Checks of the store over a real Redis.
const fn store(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package: "store",
        program: Some("redis"),
        tests,
    }
}

/// Unit tests.
const fn unit(package: &'static str, tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package,
        program: None,
        tests,
    }
}

/// Checks of whole clusters.
const fn cluster(tests: &'static [&'static str]) -> Killer {
    Killer {
        kind: Kind::Tests,
        package: "testkit",
        program: Some("cluster"),
        tests,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn every_mutation_still_applies_exactly_once() {
        let mut names = BTreeSet::new();
        for mutant in MUTANTS.iter().copied().flatten() {
            let text = fs::read_to_string(workspace::root().join(mutant.file)).unwrap();
            assert_ne!(mutant.apply(&text).unwrap(), text, "{}", mutant.name);
            assert!(names.insert(mutant.name), "{} is there twice", mutant.name);
            assert!(!mutant.killers.is_empty(), "{}", mutant.name);
            assert!(mutant.killers.is_sorted_by_key(|killer| killer.kind));
        }
    }
}
