//! Tests of the job in memory.

use std::sync::Arc;

use mapreduce::testing::{Trial, TrialOutcome};

fn trial(views: &str) -> Trial {
    Trial::new(Arc::new(sessions::job())).input("views.csv", views)
}

/// Returns a row: its site, and the other cells.
fn row(
    site: &str,
    visitor: &str,
    (start, seconds): (u64, u64),
    views: u64,
    first: &str,
) -> (String, String) {
    let cells = format!("{visitor}\t{start}\t{seconds}\t{views}\t{first}");
    (site.to_owned(), cells)
}

const VIEWS: &str = "page,time,visitor,site\n/c,1860,v1,b\n/a,0,v1,b\n/b,60,v1,b\n/d,3661,v1,b\n/a,7,v2,a\n/x,1e3,v2,a\n/y\n";

#[test]
fn a_pause_longer_than_the_gap_starts_a_session() {
    let outcome = trial(VIEWS).run().unwrap();
    let short = row("b", "v1", (3661, 0), 1, "/d");
    let only = row("a", "v2", (7, 0), 1, "/a");
    let long = row("b", "v1", (0, 1860), 3, "/a");
    assert_eq!(outcome.rows, [only.clone(), long, short.clone()]);
    assert_eq!(outcome.others, [[only, short]]);
    assert_eq!(outcome.counters["sessions:views_without_time"], 2);
    let outcome = trial(VIEWS).param("gap", "1801s").run().unwrap();
    assert_eq!(outcome.rows.len(), 2);
}

#[test]
fn splits_partitions_and_memory_do_not_change_the_result() {
    let views = include_str!("../input/2026-03-01.csv");
    let expected = trial(views).run().unwrap();
    for (splits, reduces, memory) in [(1, 5, 8 << 20), (4, 1, 32 << 10), (7, 3, 32 << 10)] {
        let other: TrialOutcome = trial(views)
            .splits(splits)
            .reduces(reduces)
            .memory(memory)
            .run()
            .unwrap();
        assert_eq!(other, expected, "{splits} splits, {reduces} partitions");
    }
}

#[test]
fn an_invalid_gap_is_refused() {
    let error = trial(VIEWS).param("gap", "soon").run().unwrap_err();
    assert!(
        error.is_permanent() && error.to_string().contains("gap=soon"),
        "{error}"
    );
}
