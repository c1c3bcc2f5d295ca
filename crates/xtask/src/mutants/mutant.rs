//! Mutations.

use anyhow::ensure;

use super::killer::{Killer, Kind};

/// A replacement of a text in the sources.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) name: &'static str,
    /// The guarantee that the mutation removes.
    pub(super) removes: &'static str,
    /// Path of the file from the root of the workspace.
    pub(super) file: &'static str,
    /// Text that occurs exactly once in the file.
    pub(super) old: &'static str,
    /// Replacement of that text.
    pub(super) new: &'static str,
    /// Tests of which at least one must fail.
    pub(super) killers: &'static [Killer],
}

impl Mutant {
    /// The killers of this kind.
    pub(super) fn killers(&self, kind: Kind) -> impl Iterator<Item = &'static Killer> {
        self.killers
            .iter()
            .filter(move |killer| killer.kind == kind)
    }

    /// Returns `text` with the mutation.
    ///
    /// # Errors
    /// The replaced text does not occur exactly once.
    pub(super) fn apply(&self, text: &str) -> anyhow::Result<String> {
        let found = text.matches(self.old).count();
        ensure!(
            found == 1,
            "mutation {}: {} contains {:?} {found} times instead of once; update the mutation to the changed code",
            self.name,
            self.file,
            self.old
        );
        Ok(text.replacen(self.old, self.new, 1))
    }
}
