//! Clusters of real processes, with and without fire: the result is right, byte for byte, or there is
//! none and the message names the cause.

mod bad_files;
mod bad_redis;
mod exact;
mod faults;
mod jobs;
mod master_dies;
mod memory;
mod parts;
mod redis_dies;
mod shuffle;
mod stragglers;
mod streaming;
mod tampering;
mod watchdog;
mod watching;
mod workers_die;

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// A cluster for the books, which are 99 map tasks of 16 KiB, and four reduce tasks.
fn books() -> Config {
    Config::new(Data::books(Tokenizer::Words))
}

/// The books in 400 map tasks, of which three workers do 30 a second: a test that is ten seconds late still finds the job
/// at work.
fn long_books() -> Config {
    long(books())
}

/// Has a job over books take as long as that of [`long_books`].
fn long(config: Config) -> Config {
    config
        .set("input.split_size", "4KiB")
        .set("worker.slow", "200ms")
}

/// Adds workers that take no time, once a long job has shown what it was to show.
fn hurry(cluster: &Cluster, workers: &mut Vec<Process>) {
    let settings = [("worker.slow", "0")];
    workers.extend((0..2).map(|_| cluster.worker_with(&settings)));
}

/// Checks that the job ends well: master and workers with 0, the result as it must be.
fn assert_ends_well(cluster: &Cluster, master: &mut Process, workers: &mut [Process]) {
    assert_eq!(master.exit(), 0);
    cluster.assert_exact();
    assert_eq!(cluster.pending(), 0);
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}
