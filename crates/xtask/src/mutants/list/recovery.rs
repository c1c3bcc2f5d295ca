//! The one way back from every fault.

use super::{Mutant, SIMULATION, cluster, store, unit};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "restart-plans",
        removes: "after another run_id the plan is handed over again",
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
        removes: "what was planned is looked through for lost tasks",
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
        removes: "a worker brings the library back that Redis has lost",
        file: "crates/worker/src/executor/retry.rs",
        old: "Err(StoreError::Lost { .. }) => self.reconnect().await?,",
        new: "Err(lost @ StoreError::Lost { .. }) => return Ok(Reply::PlanMissing(lost)),",
        killers: &[cluster(&[
            "redis_dies::workers_bring_a_lost_library_back_without_the_master",
        ])],
    },
    Mutant {
        name: "spared-leases",
        removes: "leases that nobody could renew, since Redis was away, are left alone",
        file: "crates/worker/src/executor/lease_grace.rs",
        old: "Instant::now() < self.state.lock().expect(\"no panic under the lock\").end",
        new: "false",
        killers: &[cluster(&[
            "redis_dies::a_worker_that_finds_redis_again_first_takes_nothing_from_the_others",
        ])],
    },
    Mutant {
        name: "master-sums",
        removes: "the master publishes nothing that does not add up",
        file: "crates/master/src/shell/result.rs",
        old: "if found == expected {",
        new: "if true {",
        killers: &[cluster(&[
            "tampering::a_sum_that_somebody_changed_ends_a_shuffled_job_for_good",
        ])],
    },
];
