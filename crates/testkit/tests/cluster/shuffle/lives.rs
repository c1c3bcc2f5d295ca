//! How long blobs live: as long as a master, a while longer if everybody dies, no longer than the job.

use testkit::{Cluster, DEADLINE, Process, eventually};

use super::{Phase, slow_books};

fn life(cluster: &Cluster, key: &str) -> i64 {
    cluster.ask(&["PTTL", key])
}

#[test]
fn blobs_expire_when_everybody_is_dead() {
    for phase in Phase::BOTH {
        let cluster = slow_books().set("shuffle.expire", "90s").start();
        let mut workers = cluster.workers(2);
        let mut master = cluster.master();
        phase.begun(&cluster);
        master.kill();
        workers.iter_mut().for_each(Process::kill);
        phase.lasts(&cluster);
        let blobs = cluster.blobs(0..u64::MAX);
        assert!(blobs.len() >= 4, "{blobs:?}");
        assert!(phase == Phase::Map || !cluster.parts().is_empty());
        for key in blobs {
            let life = life(&cluster, &key);
            assert!((1..=90_000).contains(&life), "{key}: {life}");
        }
    }
}

#[test]
fn a_master_keeps_blobs_alive_for_as_long_as_the_job_takes() {
    let cluster = slow_books()
        .set("shuffle.expire", "60s")
        .set("worker.slow", "3s")
        .start();
    let _master = cluster.master();
    let _worker = cluster.worker();
    cluster.await_done(1);
    let run = cluster.runs().swap_remove(0);
    let mut shortest = life(&cluster, &run);
    eventually(DEADLINE, "its life is renewed", || {
        let life = life(&cluster, &run);
        assert!(life > 0, "{run}: {life}");
        let renewed = life > shortest;
        shortest = life;
        renewed
    });
}

#[test]
fn blobs_of_a_job_that_failed_are_removed() {
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
    // What was stored and not committed when the job failed expires.
    let left = cluster.blobs(0..u64::MAX).len();
    assert!(left <= 4, "{left} blobs are left");
    super::assert_blobs_expire(&cluster);
}
