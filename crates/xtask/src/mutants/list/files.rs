//! Mutations of written files and their visibility.

use super::killers::unit;
use crate::mutants::mutant::Mutant;

/// Mutations of this group.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "attempt-names",
        removes: "each attempt stores its output under its own name",
        file: "crates/worker/src/hands/bench.rs",
        old: r#"format!("{}.{}.{who:016x}", claim.task.entry, claim.deliveries)"#,
        new: r#"{ drop(who.to_string()); "attempt".to_owned() }"#,
        killers: &[unit(
            "worker",
            &["hands::bench::tests::no_two_attempts_have_one_name"],
        )],
    },
    Mutant {
        name: "write-in-place",
        removes: "the output is written to a temporary file and renamed",
        file: "crates/master/src/lock.rs",
        old: r#"folder.join(format!(".{name}.tmp"))"#,
        new: "{ drop(name); path.to_path_buf() }",
        killers: &[unit(
            "master",
            &["publish::tests::a_failed_write_leaves_the_old_output"],
        )],
    },
    Mutant {
        name: "no-file-sync",
        removes: "the output is synced to disk before it is renamed",
        file: "crates/master/src/publish.rs",
        old: "durable::sync(file)?;",
        new: "",
        killers: &[unit(
            "master",
            &["publish::tests::the_output_is_durable_before_it_is_seen_and_its_name_after"],
        )],
    },
    Mutant {
        name: "no-folder-sync",
        removes: "the rename of the output is synced to disk before the job is reported as done",
        file: "crates/master/src/lock.rs",
        old: "self.renamed = true;\n        // The rename is durable once the folder is.\n        self.sync_folder()",
        new: "self.renamed = true;\n        Ok(())",
        killers: &[unit(
            "master",
            &["publish::tests::the_output_is_durable_before_it_is_seen_and_its_name_after"],
        )],
    },
];
