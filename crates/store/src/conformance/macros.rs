//! Macros that declare a test for each check.

/// Declares a test for each check of the suite. The first argument creates a
/// [`Harness`](crate::conformance::Harness). The other arguments go to `#[tokio::test(…)]`.
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr $(, $($option:tt)*)?) => {
        $crate::conformance_tests! { @each $harness, [$($($option)*)?],
            planning::a_job_is_ready_once_all_its_tasks_are_planned
            planning::a_task_with_an_invalid_payload_is_claimed_with_its_parse_error
            planning::planning_again_adds_nothing
            planning::a_gap_in_the_plan_is_refused
            planning::another_plan_under_the_same_id_is_refused
            planning::every_call_for_an_unknown_job_reports_it
            planning::jobs_are_listed_oldest_first_until_they_are_retired
            planning::nothing_is_missing_from_a_healthy_job
            claims::tasks_are_claimed_in_order_and_once
            claims::claims_whose_reply_was_lost_are_held
            claims::an_expired_lease_is_reclaimed
            claims::a_renewed_lease_is_not_reclaimed
            claims::a_reclaimed_lease_is_lost_to_its_former_holder
            claims::the_lease_of_a_task_that_is_done_is_lost
            claims::only_workers_with_tasks_are_a_sign_of_progress
            backups::a_slow_task_is_given_to_a_second_worker_once_nothing_waits
            backups::the_done_tasks_determine_when_a_task_is_slow
            backups::each_phase_determines_its_slow_tasks_separately
            backups::the_task_held_longest_comes_first
            backups::the_first_commit_of_two_attempts_counts
            backups::renewals_do_not_hide_a_slow_task
            backups::a_reclaimed_task_starts_with_a_new_hold_time
            backups::a_backup_that_fails_leaves_the_task_to_the_other_attempt
            backups::a_job_that_is_over_has_no_backups
            commits::a_task_is_counted_once
            commits::commits_at_the_same_time_count_once
            commits::a_duplicate_is_acknowledged
            commits::a_late_worker_may_commit_a_task_that_another_worker_holds
            commits::a_commit_of_another_plan_or_an_unknown_task_is_refused
            commits::a_commit_before_the_plan_is_complete_is_postponed
            commits::a_job_that_is_over_takes_no_commits
            commits::counts_above_2_53_are_refused_and_not_counted
            commits::a_large_commit_is_counted_once
            commits::large_commits_at_the_same_time_count_once
            commits::any_bytes_are_a_key
            commits::counters_add_up
            failures::a_failed_task_can_be_claimed_at_once
            failures::a_task_is_dead_after_its_last_attempt
            failures::a_returned_task_has_no_failed_attempt
            failures::attempts_without_a_report_stay_counted_when_the_task_is_returned
            failures::a_task_that_kills_its_workers_becomes_dead_even_if_it_is_returned
            failures::a_returned_task_is_not_a_sign_of_progress_but_starts_a_generation
            failures::held_tasks_are_reported_with_their_workers
            failures::only_the_holder_can_fail_a_task
            failures::a_task_that_is_done_cannot_fail
            finishing::a_job_is_finished_only_when_every_task_is_done
            finishing::duplicates_are_acknowledged_at_the_end
            finishing::results_are_exact
            finishing::results_of_an_unfinished_job_are_refused
            finishing::an_abandoned_job_stays_abandoned
            finishing::an_abandoned_job_has_no_tasks_to_run
            finishing::workers_are_needed_until_a_job_is_retired
            finishing::a_retired_job_is_gone
            reduces::reduce_tasks_wait_until_all_map_tasks_are_done
            reduces::a_map_task_that_is_committed_twice_counts_once
            reduces::reduce_tasks_are_planned_in_several_calls
            reduces::planning_a_phase_again_adds_nothing
            reduces::a_job_without_reduce_tasks_has_one_phase
            reduces::one_call_plans_tasks_of_one_phase_without_a_gap
            reduces::a_job_is_done_only_after_both_phases
            reduces::a_job_with_reduce_tasks_has_no_counts
            outputs::outputs_are_returned_in_order
            outputs::outputs_are_bound_to_the_plan
            outputs::the_first_output_stays
            outputs::an_output_with_an_invalid_name_is_refused
            outputs::a_task_whose_output_is_lost_is_rerun
            outputs::only_the_attempt_that_did_a_task_is_reopened
            outputs::reopening_at_the_same_time_reopens_once
            outputs::tasks_of_either_phase_are_reopened_while_reducing
            outputs::nothing_is_reopened_in_a_job_that_is_done
            outputs::nothing_is_reopened_in_a_job_that_failed
            outputs::a_task_whose_output_is_lost_too_often_is_dead
            waking::a_commit_wakes_the_watcher
            waking::an_abandoned_job_wakes_the_watcher
            waking::a_watch_ends_after_its_time
            waking::a_new_job_wakes_an_idle_worker
            waking::an_idle_worker_waits_no_longer_than_requested
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

/// Declares a test for each check of the suite of blob stores. The argument creates a
/// [`BlobHarness`](crate::conformance::blobs::BlobHarness).
#[macro_export]
macro_rules! blob_conformance_tests {
    ($harness:expr) => {
        $crate::blob_conformance_tests! { @each $harness,
            a_blob_that_was_put_can_be_read_by_all
            ranges_reach_both_ends_of_a_blob
            a_missing_or_short_blob_reads_as_none
            empty_ranges_are_empty
            a_blob_may_be_empty
            the_same_blob_may_be_put_again
            a_blob_may_be_put_twice_at_the_same_time
            a_blob_in_a_file_is_stored
            a_large_blob_is_stored
            many_ranges_come_back_in_order
            any_bytes_are_stored
            removed_blobs_are_gone
            jobs_do_not_share_blobs
            blobs_with_an_extended_lifetime_stay
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
