//! What is written, and when it can be seen.

use super::{Mutant, unit};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "attempt-names",
        removes: "each attempt puts its output under a name of its own",
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
        removes: "the output is written beside its place and renamed",
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
        removes: "the bytes of the output are on the disk before it is renamed",
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
        removes: "the new name of the output is on the disk when the job is told to be done",
        file: "crates/master/src/lock.rs",
        old: "self.renamed = true;\n        // The rename is durable once the folder is.\n        self.sync_folder()",
        new: "self.renamed = true;\n        Ok(())",
        killers: &[unit(
            "master",
            &["publish::tests::the_output_is_durable_before_it_is_seen_and_its_name_after"],
        )],
    },
];
