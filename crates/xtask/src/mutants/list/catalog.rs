//! All mutations.

use super::{files, functions, recovery};
use crate::mutants::mutant::Mutant;

/// All mutations by group.
pub(crate) const MUTANTS: &[&[Mutant]] = &[functions::MUTANTS, recovery::MUTANTS, files::MUTANTS];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::process::Command;

    use devtools::workspace;

    use super::*;

    #[test]
    fn every_mutation_applies_exactly_once() {
        let mut stale = Vec::new();
        for mutant in MUTANTS.iter().copied().flatten() {
            let path = workspace::root().join(mutant.file);
            let applied = match fs::read_to_string(&path) {
                Ok(text) => mutant.apply(&text).map_err(|error| error.to_string()),
                Err(error) => Err(format!(
                    "mutation {}: {}: {error}",
                    mutant.name, mutant.file
                )),
            };
            stale.extend(applied.err());
        }
        // All stale mutations in one message, so that they can be updated together.
        assert!(stale.is_empty(), "{}", stale.join("\n"));
    }

    #[test]
    fn mutations_have_unique_names_and_ordered_killers() {
        let mut names = BTreeSet::new();
        for mutant in MUTANTS.iter().copied().flatten() {
            assert!(names.insert(mutant.name), "{} occurs twice", mutant.name);
            assert!(mutant.old != mutant.new, "{} changes nothing", mutant.name);
            assert!(!mutant.killers.is_empty(), "{}", mutant.name);
            assert!(mutant.killers.is_sorted_by_key(|killer| killer.kind));
        }
    }

    /// A killer is named by text, so a renamed test must be noticed without running the mutations.
    #[test]
    fn every_killer_exists_in_the_sources() {
        let killers = MUTANTS.iter().copied().flatten();
        let killers = killers.flat_map(|mutant| mutant.killers);
        let mut missing = BTreeSet::new();
        for test in killers.flat_map(|killer| killer.tests) {
            let function = test.rsplit("::").next().unwrap_or(test);
            if !is_named(function) {
                missing.insert(*test);
            }
        }
        assert!(missing.is_empty(), "there is no test {missing:?}");
    }

    /// Returns whether a source file outside this package contains the name as a word.
    fn is_named(name: &str) -> bool {
        let mut grep = Command::new("git");
        grep.args(["grep", "--quiet", "--untracked", "--word-regexp", name])
            .args(["--", "crates", ":!crates/xtask"])
            .current_dir(workspace::root());
        grep.status().expect("git can be started").success()
    }
}
