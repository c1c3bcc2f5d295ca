//! Word counts without faults.

use std::collections::BTreeMap;

use testkit::{Cluster, Config, Data, Tokenizer, sample};

use crate::support::assert_ends_well;

/// Runs the job with both kinds of aggregation, small and large splits, and workers that start before and after the
/// master.
fn check(data: &Data) {
    let config = || Config::new(data.clone());
    let small = config().set("input.split_size", "4KiB");
    let large = config().set("input.split_size", "64KiB");
    check_shuffled(&run(small, true));
    check_shuffled(&run(large.clone(), false));
    check_live(&run(large.live(), true), data);
}

/// Runs the job with three workers, and returns the cluster after its success.
fn run(config: Config, workers_first: bool) -> Cluster {
    let cluster = config.start();
    let (mut master, mut workers);
    if workers_first {
        workers = cluster.workers(3);
        cluster.await_idle(3);
        master = cluster.master();
    } else {
        master = cluster.master();
        master.await_log("progress");
        workers = cluster.workers(3);
    }
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("counted ");
    let done: u64 = cluster.query(&["HLEN", &cluster.key("done")]);
    assert_eq!(done, cluster.total());
    assert!(done > 10, "{done} tasks are too few for this test");
    let state: String = cluster.query(&["HGET", &cluster.key("meta"), "state"]);
    assert_eq!(state, "DONE");
    cluster
}

/// Checks the keys of a completed job that aggregated by shuffle: it has no counts and no blobs.
fn check_shuffled(cluster: &Cluster) {
    assert_eq!(cluster.total(), cluster.maps() + 4);
    let counts: u64 = cluster.query(&["EXISTS", &cluster.key("counts")]);
    assert_eq!(counts, 0);
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}

/// Checks the keys of a completed live job, whose counts Redis has summed.
fn check_live(cluster: &Cluster, data: &Data) {
    assert_eq!(cluster.total(), cluster.maps());
    let expected: BTreeMap<String, u64> = serde_json::from_slice(&data.expected).unwrap();
    let keys: usize = cluster.query(&["ZCARD", &cluster.key("counts")]);
    assert_eq!(keys, expected.len());
    let sum: u64 = cluster.query(&["HGET", &cluster.key("counters"), "emitted"]);
    assert_eq!(sum, expected.values().sum::<u64>());
    let top: Vec<(String, u64)> =
        cluster.query(&["ZREVRANGE", &cluster.key("counts"), "0", "4", "WITHSCORES"]);
    let mut by_count: Vec<_> = expected
        .into_iter()
        .map(|(word, count)| (count, word))
        .collect();
    by_count.sort_by(|a, b| b.cmp(a));
    let by_count: Vec<_> = by_count
        .into_iter()
        .take(5)
        .map(|(count, word)| (word, count))
        .collect();
    assert_eq!(top, by_count);
}

#[test]
fn books_by_words_are_counted_byte_for_byte() {
    check(&Data::books(Tokenizer::Words));
}

#[test]
fn books_by_spaces_are_counted_byte_for_byte() {
    check(&Data::books(Tokenizer::Spaces));
}

#[test]
fn tweets_by_words_are_counted_byte_for_byte() {
    check(&Data::tweets(Tokenizer::Words));
}

#[test]
fn tweets_by_spaces_are_counted_byte_for_byte() {
    check(&Data::tweets(Tokenizer::Spaces));
}

#[test]
fn samples_of_text_are_counted_byte_for_byte() {
    check(&sample::text(Tokenizer::Words));
    check(&sample::text(Tokenizer::Spaces));
}

#[test]
fn samples_of_csv_are_counted_byte_for_byte() {
    check(&sample::csv(Tokenizer::Words));
    check(&sample::csv(Tokenizer::Spaces));
}

#[test]
fn an_empty_input_gives_an_empty_result_without_a_worker() {
    let data = Data::books(Tokenizer::Words).copied();
    for path in data.files() {
        std::fs::write(path, "").unwrap();
    }
    let cluster = Config::new(data).start();
    assert_eq!(cluster.master().exit(), 0);
    assert_eq!(std::fs::read_to_string(cluster.output()).unwrap(), "{}\n");
    assert!(cluster.jobs().is_empty());
}
