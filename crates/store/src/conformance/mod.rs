//! The contract of [`JobStore`] and [`TaskStore`] as tests over any store.
//!
//! A store passes with three lines in a test file:
//! ```text
//! store::conformance_tests!(MyHarness::new());
//! ```
//! where `MyHarness` implements [`Harness`]; every check gets a harness of its own. Further arguments go
//! to `#[tokio::test(…)]`, such as `start_paused = true`. [`blobs`] does the same for blob stores.

pub mod backups;
pub mod blobs;
pub mod claims;
pub mod commits;
pub mod failures;
pub mod finishing;
pub mod job;
pub mod outputs;
pub mod planning;
pub mod reduces;
pub mod waking;

use std::future::Future;
use std::time::Duration;

use crate::{JobRef, JobStore, TaskStore};

/// A store under test, empty at first, and what tests must be able to do with it.
pub trait Harness: Send + Sync {
    /// The store.
    type Store: JobStore + TaskStore;

    /// A handle on the store; all handles of a harness share one store.
    fn store(&self) -> Self::Store;

    /// Lets `by` pass for all leases of the job.
    fn age_leases(&self, job: &JobRef, by: Duration) -> impl Future<Output = ()> + Send;

    /// Returns once a call that was just spawned waits inside the store.
    fn settle(&self) -> impl Future<Output = ()> + Send;
}

/// Makes a test of every check of the suite. The first argument makes a [`Harness`]; the rest goes to
/// `#[tokio::test(…)]`.
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr $(, $($option:tt)*)?) => {
        $crate::conformance_tests! { @each $harness, [$($($option)*)?],
            planning::a_job_is_ready_once_all_its_tasks_are_planned
            planning::planning_again_adds_nothing
            planning::a_gap_in_the_plan_is_refused
            planning::another_plan_under_the_same_id_is_refused
            planning::an_unknown_job_is_nowhere
            planning::jobs_are_listed_oldest_first_until_they_are_retired
            planning::nothing_is_missing_from_a_healthy_job
            claims::tasks_are_claimed_in_order_and_once
            claims::claims_whose_answer_was_lost_are_held
            claims::a_lease_that_ran_out_is_reclaimed
            claims::a_renewed_lease_is_not_reclaimed
            claims::a_reclaimed_lease_is_lost_to_its_former_holder
            claims::the_lease_of_a_task_that_is_done_is_lost
            claims::only_workers_with_tasks_show_that_a_job_lives
            backups::a_slow_task_is_given_to_a_second_worker_once_nothing_waits
            backups::what_is_slow_is_told_by_the_tasks_that_are_done
            backups::each_phase_has_a_pace_of_its_own
            backups::the_task_held_longest_comes_first
            backups::the_first_commit_of_two_attempts_counts
            backups::renewals_hide_no_slow_task
            backups::a_task_that_was_taken_over_is_as_new
            backups::a_backup_that_fails_leaves_the_task_to_the_other_attempt
            backups::a_job_that_is_over_has_no_backups
            commits::a_task_is_counted_once
            commits::commits_at_the_same_time_count_once
            commits::a_duplicate_is_acknowledged
            commits::a_late_worker_may_commit_what_another_holds
            commits::a_commit_of_another_plan_or_of_none_is_refused
            commits::a_commit_before_the_plan_is_complete_is_put_off
            commits::a_job_that_is_over_takes_no_commits
            commits::counts_beyond_2_53_are_refused_and_not_counted
            commits::a_large_commit_is_counted_once
            commits::large_commits_at_the_same_time_count_once
            commits::any_bytes_are_a_key
            commits::counters_add_up
            failures::a_failed_task_can_be_claimed_at_once
            failures::a_task_is_dead_after_its_last_attempt
            failures::a_task_handed_back_is_not_blamed
            failures::attempts_without_a_word_are_not_forgotten_when_the_task_is_given_back
            failures::a_task_that_kills_its_workers_dies_though_it_is_handed_back
            failures::a_task_handed_back_shows_no_life_and_is_seen_all_the_same
            failures::who_holds_tasks_is_told
            failures::only_the_holder_can_fail_a_task
            failures::a_task_that_is_done_cannot_fail
            finishing::a_job_is_finished_only_when_every_task_is_done
            finishing::duplicates_are_acknowledged_at_the_end
            finishing::results_are_exact
            finishing::results_of_an_unfinished_job_are_refused
            finishing::an_abandoned_job_stays_abandoned
            finishing::nothing_is_left_of_an_abandoned_job
            finishing::workers_are_needed_until_a_job_is_retired
            finishing::a_retired_job_is_gone
            reduces::reduce_tasks_wait_until_all_map_tasks_are_done
            reduces::a_map_task_that_is_done_twice_is_not_two
            reduces::reduce_tasks_are_planned_in_stretches
            reduces::planning_a_phase_again_adds_nothing
            reduces::a_job_without_reduce_tasks_has_one_phase
            reduces::a_stretch_lies_in_one_phase_and_leaves_no_gap
            reduces::a_job_is_done_only_after_both_phases
            reduces::a_job_with_reduce_tasks_has_no_counts
            outputs::outputs_are_told_in_order
            outputs::outputs_are_bound_to_the_plan
            outputs::the_first_output_stays
            outputs::an_output_without_a_fit_name_is_refused
            outputs::a_task_whose_output_is_lost_is_done_again
            outputs::only_the_attempt_that_did_a_task_is_reopened
            outputs::reopening_at_the_same_time_reopens_once
            outputs::tasks_of_either_phase_are_reopened_while_reducing
            outputs::nothing_is_reopened_in_a_job_that_is_done
            outputs::nothing_is_reopened_in_a_job_that_failed
            outputs::a_task_whose_output_is_lost_too_often_is_dead
            waking::a_commit_wakes_the_watcher
            waking::an_abandoned_job_wakes_the_watcher
            waking::a_watch_ends_with_its_time
            waking::a_new_job_wakes_an_idle_worker
            waking::an_idle_worker_waits_no_longer_than_it_said
            waking::a_failed_task_wakes_a_waiting_worker
            waking::a_reopened_task_wakes_a_waiting_worker
            waking::a_reopened_task_wakes_the_watcher
        }
    };
    (@each $harness:expr, $options:tt, $($module:ident :: $name:ident)*) => {
        $($crate::conformance_tests! { @one $harness, $options, $module, $name })*
    };
    (@one $harness:expr, [$($option:tt)*], $module:ident, $name:ident) => {
        #[tokio::test($($option)*)]
        async fn $name() {
            let harness = $harness;
            $crate::conformance::$module::$name(&harness).await;
        }
    };
}

/// Makes a test of every check of the suite of blob stores. The argument makes a
/// [`blobs::BlobHarness`].
#[macro_export]
macro_rules! blob_conformance_tests {
    ($harness:expr) => {
        $crate::blob_conformance_tests! { @each $harness,
            what_is_put_can_be_read_by_all
            ranges_reach_both_ends_of_a_blob
            what_is_missing_or_short_is_none
            empty_ranges_are_empty
            a_blob_may_be_empty
            the_same_blob_may_be_put_again
            a_blob_may_be_put_by_two_at_once
            a_blob_in_a_file_is_stored
            a_large_blob_is_stored
            many_ranges_come_back_in_order
            any_bytes_are_stored
            removed_blobs_are_gone
            jobs_are_apart
            kept_blobs_stay
        }
    };
    (@each $harness:expr, $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let harness = $harness;
                $crate::conformance::blobs::$name(&harness).await;
            }
        )*
    };
}
