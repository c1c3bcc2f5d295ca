//! A Redis with little memory. The master estimates the size of runs and partition results before it starts a job.

use testkit::{Cluster, Config, Tokenizer, sample};

use crate::support::assert_ends_well;

/// Memory for connections and the function library, which Redis needs in addition to the job's data.
const OVERHEAD: u64 = 1 << 20;

/// Starts a cluster whose runs are several times as large as [`OVERHEAD`].
fn cluster() -> Cluster {
    let config = Config::new(sample::repeated(Tokenizer::Spaces));
    config
        .set("input.split_size", "256KiB")
        .set("job.aggregate", "shuffle")
        .set("job.reduces", "2")
        .start()
}

/// Returns a field of `INFO memory`.
fn memory(cluster: &Cluster, field: &str) -> u64 {
    let info: String = cluster.query(&["INFO", "memory"]);
    let number = info.lines().find_map(|line| line.strip_prefix(field));
    let number = number.unwrap_or_else(|| panic!("{field} is not in {info}"));
    number.trim().parse().expect("a number")
}

/// Limits the memory of Redis to `bytes` more than it uses now.
fn allow(cluster: &Cluster, bytes: u64) {
    let limit = memory(cluster, "used_memory:") + bytes;
    let _: () = cluster.query(&["CONFIG", "SET", "maxmemory", &limit.to_string()]);
}

/// Starts a master that refuses the job for lack of memory. Returns the number of bytes that it requires.
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
    let (_, needed) = error
        .split_once("needs about ")
        .expect("the error names the required memory");
    let needed = needed.split(' ').next().unwrap_or_default();
    (needed.parse::<f64>().expect("megabytes") * 1e6) as u64
}

#[test]
fn a_job_that_redis_cannot_hold_is_refused_before_it_starts() {
    let cluster = cluster();
    allow(&cluster, OVERHEAD);
    let needed = refused(&cluster, &[]);
    let compressed = refused(&cluster, &[("shuffle.compression", "lz4")]);
    assert!(compressed < needed, "{compressed} of {needed}");
}

#[test]
fn the_required_memory_is_enough_and_at_most_twice_the_used_memory() {
    let cluster = cluster();
    allow(&cluster, OVERHEAD);
    let needed = refused(&cluster, &[]);
    allow(&cluster, needed + OVERHEAD);
    let before = memory(&cluster, "used_memory:");
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    let taken = memory(&cluster, "used_memory_peak:") - before;
    assert!(
        needed < 2 * taken,
        "the master required {needed} bytes, the job used {taken}"
    );
}

#[test]
fn runs_in_a_folder_need_no_memory_of_redis() {
    let cluster = cluster();
    allow(&cluster, OVERHEAD);
    let runs = cluster.folder().join("runs");
    std::fs::create_dir(&runs).expect("a folder for runs");
    let settings = [("shuffle.store", &*runs.to_string_lossy())];
    let mut workers = [cluster.worker_with(&settings)];
    let mut master = cluster.master_with(&settings);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_restarted_master_does_not_require_memory_for_runs_that_redis_holds() {
    let cluster = cluster();
    allow(&cluster, OVERHEAD);
    let needed = refused(&cluster, &[]);
    allow(&cluster, needed + OVERHEAD);
    let mut master = cluster.master();
    // Slow, so that the job still runs when the master dies.
    let slow = [("worker.slow", "300ms")];
    let mut workers = [cluster.worker_with(&slow), cluster.worker_with(&slow)];
    cluster.await_done(4);
    master.kill();
    // The free memory is too small for the whole job, but enough for the rest of it.
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
}
