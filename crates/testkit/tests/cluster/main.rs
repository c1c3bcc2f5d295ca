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

/// Checks that the job ends well: master and workers with 0, the result as it must be.
fn assert_ends_well(cluster: &Cluster, master: &mut Process, workers: &mut [Process]) {
    assert_eq!(master.exit(), 0);
    cluster.assert_exact();
    assert_eq!(cluster.pending(), 0);
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}
