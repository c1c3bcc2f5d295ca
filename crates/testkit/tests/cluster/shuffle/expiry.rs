//! The lifetime of blobs. A master renews it during the job; without processes, the blobs expire.

use testkit::{Cluster, DEADLINE, Process, eventually};

use super::phase::{Phase, slow_books};

/// Returns the milliseconds until a key expires.
fn time_to_live(cluster: &Cluster, key: &str) -> i64 {
    cluster.query(&["PTTL", key])
}

#[test]
fn blobs_expire_when_all_processes_are_dead() {
    for phase in Phase::BOTH {
        let cluster = slow_books().set("shuffle.expire", "90s").start();
        let mut workers = cluster.workers(2);
        let mut master = cluster.master();
        phase.await_start(&cluster);
        master.kill();
        workers.iter_mut().for_each(Process::kill);
        phase.assert_lasts(&cluster);
        let blobs = cluster.blobs(0..u64::MAX);
        assert!(blobs.len() >= 4, "{blobs:?}");
        assert!(phase == Phase::Map || !cluster.partition_results().is_empty());
        for key in blobs {
            let left = time_to_live(&cluster, &key);
            assert!((1..=90_000).contains(&left), "{key}: {left}");
        }
    }
}

#[test]
fn a_master_renews_the_expiry_of_blobs() {
    let cluster = slow_books()
        .set("shuffle.expire", "60s")
        .set("worker.slow", "3s")
        .start();
    let _master = cluster.master();
    let _worker = cluster.worker();
    cluster.await_done(1);
    let run = cluster.runs().swap_remove(0);
    let mut before = time_to_live(&cluster, &run);
    eventually(DEADLINE, "the expiry is renewed", || {
        let left = time_to_live(&cluster, &run);
        assert!(left > 0, "{run}: {left}");
        let renewed = left > before;
        before = left;
        renewed
    });
}

#[test]
fn blobs_of_a_failed_job_are_removed() {
    let data = testkit::Data::books(testkit::Tokenizer::Words).copied();
    let file = data.files().pop().expect("there is input");
    let cluster = testkit::Config::new(data)
        .set("worker.slow", "400ms")
        .start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(5);
    assert!(!cluster.runs().is_empty());
    std::fs::write(file, "short").unwrap();
    assert_eq!(master.exit(), 1);
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
    // Blobs that were stored and not committed when the job failed expire later.
    let left = cluster.blobs(0..u64::MAX).len();
    assert!(left <= 4, "{left} blobs are left");
    super::phase::assert_blobs_expire(&cluster);
}
