//! Mutations of written files and their visibility.

use super::killers::unit;
use crate::mutants::mutant::Mutant;

/// Mutations of this group.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "attempt-names",
        removes: "each attempt stores its output under its own name",
        file: "crates/worker/src/executor/attempt_name.rs",
        old: r#"format!("{}.{}.{worker:016x}", claim.task.entry, claim.deliveries)"#,
        new: r#"{ drop(worker.to_string()); "attempt".to_owned() }"#,
        killers: &[unit(
            "worker",
            &["executor::attempt_name::tests::no_two_attempts_have_the_same_name"],
        )],
    },
    Mutant {
        name: "write-in-place",
        removes: "the output is written to a temporary file and renamed",
        file: "crates/master/src/output/lock.rs",
        old: r#"folder.join(format!(".{name}.tmp"))"#,
        new: "{ drop(name); path.to_path_buf() }",
        killers: &[unit(
            "master",
            &["output::file::tests::a_failed_write_keeps_the_old_output"],
        )],
    },
    Mutant {
        name: "no-file-sync",
        removes: "the output is synced to disk before it is renamed",
        file: "crates/master/src/output/file.rs",
        old: "durable::sync(lock.file())?;",
        new: "",
        killers: &[unit(
            "master",
            &[
                "output::file::tests::the_output_is_synced_before_it_gets_its_name_and_its_folder_after",
            ],
        )],
    },
    Mutant {
        name: "rename-over-link",
        removes: "a rename never replaces a link or a device",
        file: "crates/master/src/output/durable.rs",
        old: "is_ok_and(|now| !now.is_file())",
        new: "is_ok_and(|_| false)",
        killers: &[unit(
            "master",
            &["output::file::tests::a_file_that_becomes_a_link_during_the_work_is_not_replaced"],
        )],
    },
    Mutant {
        name: "no-folder-sync",
        removes: "the rename of the output is synced to disk before the job is reported as done",
        file: "crates/master/src/output/lock.rs",
        old: "// The rename is durable once the folder is.\n        self.sync_folder()",
        new: "Ok(())",
        killers: &[unit(
            "master",
            &[
                "output::file::tests::the_output_is_synced_before_it_gets_its_name_and_its_folder_after",
            ],
        )],
    },
];
