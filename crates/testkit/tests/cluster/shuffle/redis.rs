//! A Redis that dies in one phase, and returns empty or with a snapshot of the same or the previous phase.

use testkit::{Cluster, Config, Process};

use super::phase::{Phase, assert_blobs_expire, logged, slow_books};
use crate::support::{assert_ends_well, hurry};

/// Kills Redis in `phase`, and restarts it with a snapshot of the phase `saved`, or empty.
fn check(config: Config, saved: Option<Phase>, phase: Phase) {
    let cluster = config.start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    if let Some(saved) = saved {
        saved.await_start(&cluster);
        cluster.redis().save();
        saved.assert_lasts(&cluster);
    }
    phase.await_start(&cluster);
    let before = cluster.done();
    if saved == Some(phase) {
        // Some commits must be lost.
        cluster.await_done(before + 3);
    }
    let (maps, done) = (cluster.maps(), cluster.done());
    phase.assert_lasts(&cluster);
    match saved {
        Some(_) => cluster.redis().restart(),
        None => cluster.redis().restart_empty(),
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("the store restarted");
    assert_reran_tasks(&cluster, &workers);
    assert!(phase == Phase::Map || done > maps, "{done} of {maps} maps");
    assert_blobs_expire(&cluster);
}

/// Checks that lost tasks were rerun: more commits took effect than there are tasks.
fn assert_reran_tasks(cluster: &Cluster, workers: &[Process]) {
    let commits = logged(workers, "reply=Committed");
    assert!(commits as u64 > cluster.total(), "{commits} commits");
}

#[test]
fn a_map_phase_survives_a_redis_that_returns_empty() {
    check(slow_books(), None, Phase::Map);
}

#[test]
fn a_reduce_phase_survives_a_redis_that_returns_empty() {
    check(slow_books(), None, Phase::Reduce);
}

#[test]
fn a_map_phase_continues_from_its_snapshot() {
    check(slow_books(), Some(Phase::Map), Phase::Map);
}

#[test]
fn a_reduce_phase_continues_from_a_snapshot_of_the_map_phase() {
    check(slow_books(), Some(Phase::Map), Phase::Reduce);
}

#[test]
fn a_reduce_phase_continues_from_its_snapshot() {
    check(slow_books(), Some(Phase::Reduce), Phase::Reduce);
}

#[test]
fn runs_in_a_folder_survive_a_redis_that_has_lost_them() {
    for phase in Phase::BOTH {
        let runs = tempfile::tempdir().unwrap();
        let config = slow_books().set("shuffle.store", &runs.path().to_string_lossy());
        check(config.clone(), None, phase);
        if phase == Phase::Reduce {
            check(config, Some(Phase::Map), phase);
        }
    }
}

/// Kills master and Redis after the result is written and before it is renamed.
fn check_before_rename(saved: Option<Phase>) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    if let Some(saved) = saved {
        saved.await_start(&cluster);
        cluster.redis().save();
        saved.assert_lasts(&cluster);
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
    assert_reran_tasks(&cluster, &workers);
}

#[test]
fn an_unpublished_result_is_reduced_again_from_a_snapshot() {
    check_before_rename(Some(Phase::Reduce));
}

#[test]
fn an_unpublished_result_is_made_again_without_a_snapshot() {
    check_before_rename(None);
}
