//! Word counts with scripts as users write them.

use std::collections::BTreeMap;

use crate::support::Trial;

const TEXTS: [&str; 3] = [
    "the cat and the dog\nand a bird\n",
    "a  dog\n\nthe end",
    "cat\tdog\n\u{e9}t\u{e9} \u{e9}t\u{e9}\n",
];

const MAPPER: &str = r"#!/usr/bin/env python3
import sys
for line in sys.stdin:
    for word in line.strip().split():
        print('%s\t%s' % (word, 1))
";

/// Reducer that relies on sorted lines: it compares each key only with the previous one.
const REDUCER: &str = r"#!/usr/bin/env python3
import sys
last, total = None, 0
for line in sys.stdin:
    word, count = line.strip().split('\t', 1)
    if word != last and last is not None:
        print('%s\t%d' % (last, total))
        total = 0
    last = word
    total += int(count)
if last is not None:
    print('%s\t%d' % (last, total))
";

fn expected() -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in TEXTS.iter().flat_map(|text| text.split_whitespace()) {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

fn counted(lines: &[String]) -> BTreeMap<String, u64> {
    let counts = lines.iter().map(|line| {
        let (word, count) = line.split_once('\t').unwrap();
        (word.to_owned(), count.parse().unwrap())
    });
    let counts: BTreeMap<_, _> = counts.collect();
    assert_eq!(counts.len(), lines.len(), "a word occurs twice");
    counts
}

fn trial(more: &[(&str, &str)]) -> Trial {
    let mut params = vec![("mapper", "mapper.py"), ("reducer", "./reducer.py")];
    params.extend(more);
    Trial::new(&params, &TEXTS)
        .file("mapper.py", MAPPER, 0o755)
        .file("reducer.py", REDUCER, 0o755)
}

#[test]
fn scripts_count_words() {
    for reduces in [1, 3] {
        let lines = trial(&[]).reduces(reduces).lines();
        assert_eq!(counted(&lines), expected());
    }
}

#[test]
fn scripts_that_are_run_by_their_interpreter_need_not_be_executable() {
    let params = [("mapper", "python3 m.py"), ("reducer", "python3 r.py")];
    let trial = Trial::new(&params, &TEXTS)
        .file("m.py", MAPPER, 0o644)
        .file("r.py", REDUCER, 0o644);
    assert_eq!(counted(&trial.lines()), expected());
}

#[test]
fn a_combiner_reduces_the_pairs_and_not_the_result() {
    let combined = trial(&[("combiner", "reducer.py")]).run().unwrap();
    let plain = trial(&[]).run().unwrap();
    assert_eq!(combined.text, plain.text);
    assert!(combined.emitted < plain.emitted);
}

#[test]
fn a_combiner_runs_whenever_its_buffer_is_full() {
    // Two million lines and their locations exceed the buffer of a combiner.
    let mapper = "seq 2000000 | awk '{print $1 % 10 \"\\t1\"}'";
    let sum = "awk -F'\\t' '{s[$1]+=$2} END {for (k in s) print k \"\\t\" s[k]}'";
    let starts = "echo reporter:counter:combiner,starts,1 >&2";
    let combiner = format!("{starts}; {sum}");
    let params = [
        ("mapper", mapper),
        ("combiner", &combiner),
        ("reducer", sum),
    ];
    let trial = Trial::new(&params, &[""]).reduces(1);
    let outcome = trial.run().unwrap();
    let mut lines: Vec<_> = std::str::from_utf8(&outcome.text)
        .unwrap()
        .lines()
        .collect();
    lines.sort_unstable();
    let all: Vec<_> = (0..10).map(|n| format!("{n}\t200000")).collect();
    assert_eq!(lines, all);
    let starts = outcome.counters["combiner:starts"];
    assert!(starts > 1);
    assert_eq!(outcome.emitted, 10 * starts);
}

#[test]
fn tools_of_the_shell_count_words() {
    // `uniq -c` reads a tab after each word, because the words have no values.
    let params = [
        ("mapper", "tr -s ' \\t' '\\n\\n' | grep ."),
        ("reducer", "uniq -c"),
    ];
    let lines = Trial::new(&params, &TEXTS).lines();
    let count = |line: &String| {
        let (count, word) = line.trim_start().split_once(' ').unwrap();
        let word = word.strip_suffix('\t').unwrap();
        (word.to_owned(), count.parse().unwrap())
    };
    assert_eq!(
        lines.iter().map(count).collect::<BTreeMap<_, u64>>(),
        expected()
    );
}
