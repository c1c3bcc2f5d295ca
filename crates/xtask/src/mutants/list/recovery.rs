//! Mutations of the recovery from faults.

use super::killers::{SIMULATION, cluster, store, unit};
use crate::mutants::mutant::Mutant;

/// Mutations of this group.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "restart-plans",
        removes: "the master plans the job again after a new run_id",
        file: "crates/master/src/core/state.rs",
        old: "return vec![Action::Say(Notice::StoreRestarted), Action::Plan(job, 0)];",
        new: "return vec![Action::Say(Notice::StoreRestarted), Action::Status(job.id)];",
        killers: &[
            unit(
                "master",
                &["core::tests::every_fault_of_the_store_takes_the_one_way_back"],
            ),
            SIMULATION,
        ],
    },
    Mutant {
        name: "restart-audits",
        removes: "a complete plan is audited for lost tasks",
        file: "crates/master/src/core/state.rs",
        old: "PlanReply::Complete => vec![Action::Audit(job)],",
        new: "PlanReply::Complete => vec![Action::Status(job.id)],",
        killers: &[
            unit(
                "master",
                &["core::tests::a_job_goes_from_plan_to_published_result"],
            ),
            SIMULATION,
        ],
    },
    Mutant {
        name: "restart-repairs",
        removes: "lost tasks are added again",
        file: "crates/master/src/core/state.rs",
        old: "vec![Action::Say(notice), Action::Repair(job, lost)]",
        new: "vec![Action::Say(notice), Action::Status(job.id)]",
        killers: &[
            unit(
                "master",
                &["core::tests::lost_tasks_are_added_again_until_none_is_lost"],
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
        file: "crates/worker/src/hands/mod.rs",
        old: "Err(StoreError::Lost { .. }) => self.know(self.store.reconnect().await?),",
        new: "Err(lost @ StoreError::Lost { .. }) => return Ok(Err(lost)),",
        killers: &[cluster(&[
            "redis_dies::workers_bring_a_lost_library_back_without_the_master",
        ])],
    },
    Mutant {
        name: "spared-leases",
        removes: "leases that expired while Redis was unreachable are not reclaimed",
        file: "crates/worker/src/hands/mod.rs",
        old: "Instant::now() < self.known.lock().expect(\"no panic under the lock\").1",
        new: "false",
        killers: &[cluster(&[
            "redis_dies::a_worker_that_finds_redis_again_first_takes_nothing_from_the_others",
        ])],
    },
    Mutant {
        name: "master-sums",
        removes: "the master does not publish a result with wrong sums",
        file: "crates/master/src/shell/result.rs",
        old: "if found == expected {",
        new: "if true {",
        killers: &[cluster(&[
            "tampering::a_sum_that_somebody_changed_ends_a_shuffled_job_for_good",
        ])],
    },
];
