//! Mutations of the Redis function library.

use super::killers::{SIMULATION, store};
use crate::mutants::mutant::Mutant;

/// Mutations of this group.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "done-gate",
        removes: "a finished task is not counted again",
        file: "lua/commit.lua",
        old: "if redis.call('HEXISTS', keys[DONE], argv[2]) == 1 then",
        new: "if false then",
        killers: &[
            store(&[
                "a_task_is_counted_once",
                "commits_at_the_same_time_count_once",
            ]),
            SIMULATION,
        ],
    },
    Mutant {
        name: "plan-hash",
        removes: "calls with another plan are rejected",
        file: "lua/mapreduce.lua",
        old: "if meta[1] ~= plan then",
        new: "if false then",
        killers: &[store(&[
            "a_commit_of_another_plan_or_an_unknown_task_is_refused",
            "another_plan_under_the_same_id_is_refused",
        ])],
    },
    Mutant {
        name: "check-first",
        removes: "a commit is checked before its first write",
        file: "lua/commit.lua",
        old: "  local work\n  refusal, work = check(keys, argv, job)",
        new: "  ack(keys, entry)\n  local work\n  refusal, work = check(keys, argv, job)",
        killers: &[store(&[
            "tampering::invalid_commits_are_refused",
            "tampering::invalid_numbers_are_named_and_refused",
            "counts_above_2_53_are_refused_and_not_counted",
        ])],
    },
    Mutant {
        name: "check-pairs",
        removes: "every count of a commit is a number, and their sum has an upper limit",
        file: "lua/commit.lua",
        old: "if not count or count == 0 or count > LIMIT - sum then",
        new: "if false then",
        killers: &[store(&[
            "tampering::invalid_commits_are_refused",
            "counts_above_2_53_are_refused_and_not_counted",
        ])],
    },
    Mutant {
        name: "check-counters",
        removes: "every counter of a commit is a number, and its sum has an upper limit",
        file: "lua/commit.lua",
        old: "if not value or value > LIMIT - before then",
        new: "if false then",
        killers: &[store(&[
            "tampering::invalid_commits_are_refused",
            "counts_above_2_53_are_refused_and_not_counted",
        ])],
    },
    Mutant {
        name: "check-types",
        removes: "keys of a wrong type are rejected",
        file: "lua/mapreduce.lua",
        old: "if found ~= 'none' and found ~= shape then",
        new: "if false then",
        killers: &[store(&[
            "tampering::a_key_of_a_wrong_type_is_named_and_nothing_changes",
        ])],
    },
    Mutant {
        name: "over-is-over",
        removes: "a finished job rejects commits",
        file: "lua/commit.lua",
        old: "if job.state ~= 'MAP' and job.state ~= 'REDUCE' then",
        new: "if false then",
        killers: &[store(&[
            "a_job_that_is_over_takes_no_commits",
            "a_commit_before_the_plan_is_complete_is_postponed",
        ])],
    },
    Mutant {
        name: "renew-owner",
        removes: "a lease is renewed only for its holder",
        file: "lua/leases.lua",
        old: "elseif lease and lease[2] == argv[2] then",
        new: "elseif lease then",
        killers: &[
            store(&["a_reclaimed_lease_is_lost_to_its_former_holder"]),
            SIMULATION,
        ],
    },
    Mutant {
        name: "fail-owner",
        removes: "only the holder can return a task",
        file: "lua/leases.lua",
        old: "if not lease or lease[2] ~= argv[4] or not found then",
        new: "if not lease or not found then",
        killers: &[store(&["only_the_holder_can_fail_a_task"])],
    },
    Mutant {
        name: "reopen-attempt",
        removes: "a task is reopened only for the attempt whose output is lost",
        file: "lua/repair.lua",
        old: "or done.blob.attempt ~= argv[3] then",
        new: "then",
        killers: &[
            store(&[
                "only_the_attempt_that_did_a_task_is_reopened",
                "reopening_at_the_same_time_reopens_once",
            ]),
            SIMULATION,
        ],
    },
    Mutant {
        name: "finish-all-done",
        removes: "a job is done only when all its tasks are done",
        file: "lua/ending.lua",
        old: "if job.state == 'PLANNING' or done ~= job.total then",
        new: "if job.state == 'PLANNING' then",
        killers: &[
            store(&[
                "a_job_is_finished_only_when_every_task_is_done",
                "a_job_is_done_only_after_both_phases",
            ]),
            SIMULATION,
        ],
    },
];
