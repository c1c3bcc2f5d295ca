//! Mutations of the recovery from faults.

use super::killers::{SIMULATION, cluster, store, unit};
use crate::mutants::mutant::Mutant;

/// Mutations of this group.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "restart-plans",
        removes: "the master plans the job again after a new run_id",
        file: "crates/master/src/core/reconciler.rs",
        old: "return vec![Action::Notify(Notice::StoreRestarted), Action::Plan(job, 0)];",
        new: "return vec![Action::Notify(Notice::StoreRestarted), Action::Status(job.id)];",
        killers: &[
            unit(
                "master",
                &["core::tests::decisions::every_fault_of_the_store_takes_the_same_recovery_path"],
            ),
            SIMULATION,
        ],
    },
    Mutant {
        name: "restart-audits",
        removes: "a complete plan is audited for lost tasks",
        file: "crates/master/src/core/reconciler.rs",
        old: "PlanReply::Complete => vec![Action::Audit(job)],",
        new: "PlanReply::Complete => vec![Action::Status(job.id)],",
        killers: &[
            unit(
                "master",
                &["core::tests::decisions::a_job_goes_from_plan_to_published_result"],
            ),
            SIMULATION,
        ],
    },
    Mutant {
        name: "restart-repairs",
        removes: "lost tasks are added again",
        file: "crates/master/src/core/reconciler.rs",
        old: "vec![Action::Notify(notice), Action::Repair(job, lost)]",
        new: "vec![Action::Notify(notice), Action::Status(job.id)]",
        killers: &[
            unit(
                "master",
                &["core::tests::decisions::lost_tasks_are_added_again_until_an_audit_finds_none"],
            ),
            SIMULATION,
        ],
    },
    Mutant {
        name: "library-version",
        removes: "a library of another version is replaced",
        file: "crates/store/src/redis/library.rs",
        old: "Ok(version) if version == ours => return Ok(()),",
        new: "Ok(_) => return Ok(()),",
        killers: &[store(&[
            "library::an_older_library_that_a_rollback_brought_back_is_replaced",
        ])],
    },
    Mutant {
        name: "worker-library",
        removes: "a worker restores a library that Redis has lost",
        file: "crates/worker/src/executor/retry.rs",
        old: "Err(StoreError::Lost { .. }) => self.reconnect().await?,",
        new: "Err(lost @ StoreError::Lost { .. }) => return Ok(Reply::PlanMissing(lost)),",
        killers: &[cluster(&[
            "redis_dies::workers_load_a_lost_library_without_the_master",
        ])],
    },
    Mutant {
        name: "lease-grace",
        removes: "leases that expired while Redis was unreachable are not reclaimed",
        file: "crates/worker/src/executor/lease_grace.rs",
        old: "Instant::now() < self.state.lock().expect(\"no panic under the lock\").end",
        new: "false",
        killers: &[cluster(&[
            "redis_dies::a_worker_that_reconnects_first_does_not_reclaim_tasks_of_others",
        ])],
    },
    Mutant {
        name: "master-sums",
        removes: "the master does not publish a result with wrong sums",
        file: "crates/master/src/effects/result.rs",
        old: "if found == expected {",
        new: "if true {",
        killers: &[cluster(&[
            "tampering::a_changed_sum_fails_a_shuffled_job_permanently",
        ])],
    },
];
