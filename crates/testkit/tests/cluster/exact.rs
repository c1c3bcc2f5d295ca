//! Without faults.

use std::collections::BTreeMap;

use testkit::{Cluster, Config, Data, Process, Tokenizer, sample};

/// Runs the job twice, with small and large splits, with the workers there before and after the master.
fn check(data: &Data) {
    for (split, workers_first) in [("4KiB", true), ("64KiB", false)] {
        let cluster = Config::new(data.clone())
            .set("input.split_size", split)
            .start();
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
        assert_eq!(master.exit(), 0);
        assert_eq!(
            workers.iter_mut().map(Process::exit).collect::<Vec<_>>(),
            [0, 0, 0]
        );
        cluster.assert_exact();
        master.assert_log("counted ");
        check_keys(&cluster, data);
    }
}

/// What the keys of a finished job look like.
fn check_keys(cluster: &Cluster, data: &Data) {
    assert_eq!(cluster.pending(), 0);
    let done: u64 = cluster.ask(&["HLEN", &cluster.key("done")]);
    assert_eq!(done, cluster.total());
    assert!(done > 10, "{done} tasks are too few to show anything");
    let state: String = cluster.ask(&["HGET", &cluster.key("meta"), "state"]);
    assert_eq!(state, "DONE");

    let expected: BTreeMap<String, u64> = serde_json::from_slice(&data.expected).unwrap();
    let keys: usize = cluster.ask(&["ZCARD", &cluster.key("counts")]);
    assert_eq!(keys, expected.len());
    let sum: u64 = cluster.ask(&["HGET", &cluster.key("counters"), "emitted"]);
    assert_eq!(sum, expected.values().sum::<u64>());
    let top: Vec<(String, u64)> =
        cluster.ask(&["ZREVRANGE", &cluster.key("counts"), "0", "4", "WITHSCORES"]);
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
fn text_with_odd_words_is_counted_as_by_hand() {
    check(&sample::text(Tokenizer::Words));
    check(&sample::text(Tokenizer::Spaces));
}

#[test]
fn tables_with_quotes_and_line_ends_in_cells_are_counted_as_by_hand() {
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
