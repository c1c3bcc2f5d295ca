//! A Redis with little memory: what runs and parts will take is known before any work.

use testkit::{Cluster, Config, Data, Tokenizer};

use crate::assert_ends_well;

/// For connections and the function library, which Redis holds beside the job.
const BESIDE: u64 = 1 << 20;

/// A cluster for the tweets, in splits that are large enough for words to come again.
fn cluster() -> Cluster {
    let config = Config::new(Data::tweets(Tokenizer::Spaces));
    config
        .set("input.split_size", "256KiB")
        .set("job.aggregate", "shuffle")
        .set("job.reduces", "2")
        .start()
}

fn memory(cluster: &Cluster, what: &str) -> u64 {
    let info: String = cluster.ask(&["INFO", "memory"]);
    let number = info.lines().find_map(|line| line.strip_prefix(what));
    let number = number.unwrap_or_else(|| panic!("{what} is not in {info}"));
    number.trim().parse().expect("a number")
}

/// Lets Redis hold so many bytes more than it does now.
fn allow(cluster: &Cluster, bytes: u64) {
    let limit = memory(cluster, "used_memory:") + bytes;
    let _: () = cluster.ask(&["CONFIG", "SET", "maxmemory", &limit.to_string()]);
}

/// Starts a master that refuses the job for lack of memory; answers how many bytes it asks for.
fn refused(cluster: &Cluster, settings: &[(&str, &str)]) -> u64 {
    let mut master = cluster.master_with(settings);
    assert_eq!(master.exit(), 64);
    let log = master.log();
    let error = log.lines().last().unwrap_or_default();
    for text in ["shuffle.store", "maxmemory", "shuffle.compression"] {
        assert!(error.contains(text), "{text} is not in: {error}");
    }
    assert_eq!(cluster.jobs(), Vec::<String>::new());
    cluster.assert_no_output();
    let (_, needed) = error.split_once("needs about ").expect("it says how much");
    let needed = needed.split(' ').next().unwrap_or_default();
    (needed.parse::<f64>().expect("megabytes") * 1e6) as u64
}

#[test]
fn a_job_that_redis_cannot_hold_is_refused_before_any_work() {
    let cluster = cluster();
    allow(&cluster, BESIDE);
    let needed = refused(&cluster, &[]);
    let compressed = refused(&cluster, &[("shuffle.compression", "lz4")]);
    assert!(compressed < needed, "{compressed} of {needed}");
}

#[test]
fn what_is_asked_for_is_enough_and_not_much_more_than_that() {
    let cluster = cluster();
    allow(&cluster, BESIDE);
    let needed = refused(&cluster, &[]);
    allow(&cluster, needed + BESIDE);
    let before = memory(&cluster, "used_memory:");
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    let taken = memory(&cluster, "used_memory_peak:") - before;
    assert!(needed < 2 * taken, "{needed} were asked for, {taken} taken");
}

#[test]
fn a_folder_needs_no_memory_of_redis() {
    let cluster = cluster();
    allow(&cluster, BESIDE);
    let runs = cluster.folder().join("runs");
    std::fs::create_dir(&runs).expect("a folder for runs");
    let settings = [("shuffle.store", &*runs.to_string_lossy())];
    let mut workers = [cluster.worker_with(&settings)];
    let mut master = cluster.master_with(&settings);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_master_that_is_started_again_does_not_count_its_own_runs_as_lost_room() {
    let cluster = cluster();
    allow(&cluster, BESIDE);
    let needed = refused(&cluster, &[]);
    allow(&cluster, needed + BESIDE);
    let mut master = cluster.master();
    // Slow enough that the job is not over when the master dies.
    let slow = [("worker.slow", "300ms")];
    let mut workers = [cluster.worker_with(&slow), cluster.worker_with(&slow)];
    cluster.await_done(4);
    master.kill();
    // Too little is free for all of it now, and what is there already is not needed again.
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
}
