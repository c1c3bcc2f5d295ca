//! Redis dies in one phase and comes back with nothing, or with a snapshot of the same phase or of the
//! one before.

use testkit::{Cluster, Config, Process};

use super::{Phase, assert_blobs_expire, logged, slow_books};
use crate::{assert_ends_well, hurry};

/// Redis dies in `phase` and comes back as it was in `saved`; empty if that is none.
fn check(config: Config, saved: Option<Phase>, phase: Phase) {
    let cluster = config.start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    if let Some(saved) = saved {
        saved.begun(&cluster);
        cluster.redis().save();
        saved.lasts(&cluster);
    }
    phase.begun(&cluster);
    let before = cluster.done();
    if saved == Some(phase) {
        // Something is to be lost.
        cluster.await_done(before + 3);
    }
    let (maps, done) = (cluster.maps(), cluster.done());
    phase.lasts(&cluster);
    match saved {
        Some(_) => cluster.redis().restart(),
        None => cluster.redis().restart_empty(),
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("the store restarted");
    assert_done_again(&cluster, &workers);
    assert!(phase == Phase::Map || done > maps, "{done} of {maps} maps");
    assert_blobs_expire(&cluster);
}

/// More commits took effect than there are tasks: some were lost and done again.
fn assert_done_again(cluster: &Cluster, workers: &[Process]) {
    let commits = logged(workers, "reply=Committed");
    assert!(commits as u64 > cluster.total(), "{commits} commits");
}

#[test]
fn a_redis_that_comes_back_empty_in_the_map_phase_costs_only_time() {
    check(slow_books(), None, Phase::Map);
}

#[test]
fn a_redis_that_comes_back_empty_in_the_reduce_phase_costs_only_time() {
    check(slow_books(), None, Phase::Reduce);
}

#[test]
fn a_map_phase_goes_on_from_its_snapshot() {
    check(slow_books(), Some(Phase::Map), Phase::Map);
}

#[test]
fn a_reduce_phase_goes_back_to_a_snapshot_of_the_map_phase() {
    check(slow_books(), Some(Phase::Map), Phase::Reduce);
}

#[test]
fn a_reduce_phase_goes_on_from_its_snapshot() {
    check(slow_books(), Some(Phase::Reduce), Phase::Reduce);
}

#[test]
fn runs_in_a_folder_and_a_redis_that_forgot_them_go_together() {
    for phase in Phase::BOTH {
        let runs = tempfile::tempdir().unwrap();
        let config = slow_books().set("shuffle.store", &runs.path().to_string_lossy());
        check(config.clone(), None, phase);
        if phase == Phase::Reduce {
            check(config, Some(Phase::Map), phase);
        }
    }
}

/// The result is written and not yet in its place as master and Redis die.
fn check_before_rename(saved: Option<Phase>) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    if let Some(saved) = saved {
        saved.begun(&cluster);
        cluster.redis().save();
        saved.lasts(&cluster);
    }
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 137);
    assert_eq!(cluster.state(), "DONE");
    match saved {
        Some(_) => cluster.redis().restart(),
        None => cluster.redis().restart_empty(),
    }
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_done_again(&cluster, &workers);
}

#[test]
fn a_result_not_yet_in_its_place_is_reduced_again_from_a_snapshot() {
    check_before_rename(Some(Phase::Reduce));
}

#[test]
fn a_result_not_yet_in_its_place_is_made_again_from_nothing() {
    check_before_rename(None);
}
