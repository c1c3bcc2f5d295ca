//! Clusters over the books, and checks that most tests share.

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// Returns a job over the books, with about 100 map tasks of 16 KiB and four reduce tasks.
pub(crate) fn books() -> Config {
    Config::new(Data::books(Tokenizer::Words))
}

/// Returns a job over the books with 400 map tasks. Three workers complete 30 a second, so the job still runs when a
/// test is ten seconds late.
pub(crate) fn long_books() -> Config {
    long(books())
}

/// Makes a job over the books as long as that of [`long_books`].
pub(crate) fn long(config: Config) -> Config {
    config
        .set("input.split_size", "4KiB")
        .set("worker.slow", "200ms")
}

/// Adds fast workers, so that a long job ends soon after the test has seen enough.
pub(crate) fn hurry(cluster: &Cluster, workers: &mut Vec<Process>) {
    let settings = [("worker.slow", "0")];
    workers.extend((0..2).map(|_| cluster.worker_with(&settings)));
}

/// Checks that the job succeeds: master and workers exit with 0, and the result is exact.
pub(crate) fn assert_ends_well(cluster: &Cluster, master: &mut Process, workers: &mut [Process]) {
    assert_eq!(master.exit(), 0);
    cluster.assert_exact();
    assert_eq!(cluster.pending(), 0);
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}
