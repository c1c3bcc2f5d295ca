use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::job;
use crate::tests::{stable_rows, trial};

const SALES: &str = "city,what,n,price\nOslo,tea,3,1.5\nRome,tea,,2\nOslo,\"salt, fine\",-1,0.1\n\
                     Oslo,tea,4,0.2\nRome,tea,x,\n";

#[test]
fn records_are_counted_by_default() {
    let trial = trial(job()).input("s.csv", SALES).param("key", "city");
    assert_eq!(
        stable_rows(&trial),
        [r#"Oslo {"count":3}"#, r#"Rome {"count":2}"#]
    );
}

#[test]
fn fields_have_a_fixed_order_and_empty_cells_are_skipped() {
    let mut trial = trial(job()).input("s.csv", SALES).param("key", "city");
    for name in ["mean", "max", "min", "sum"] {
        trial = trial.param(name, "n");
    }
    let trial = trial.param("count", true).param("distinct", "what,price");
    assert_eq!(
        stable_rows(&trial),
        [
            r#"Oslo {"count":3,"sum_n":6,"min_n":-1,"max_n":4,"mean_n":2.0,"distinct_what":2,"distinct_price":3}"#,
            r#"Rome {"count":2,"sum_n":0,"min_n":null,"max_n":null,"mean_n":null,"distinct_what":1,"distinct_price":1}"#,
        ]
    );
    assert_eq!(trial.run().unwrap().counters["group-by:not_a_number"], 1);
}

#[test]
fn several_key_columns_are_a_list_that_sorts_by_the_first() {
    let trial = trial(job()).input("s.csv", SALES);
    let trial = trial.param("key", "what,city").param("sum", "price");
    assert_eq!(
        stable_rows(&trial),
        [
            r#"["salt, fine","Oslo"] {"sum_price":0.1}"#,
            r#"["tea","Oslo"] {"sum_price":1.7}"#,
            r#"["tea","Rome"] {"sum_price":2}"#,
        ]
    );
}

#[test]
fn a_record_without_its_key_cell_counts_as_an_empty_key() {
    let trial = trial(job()).input("s.csv", "a,b,c\n1,2\n1,2,3\n4,5,\n");
    let trial = trial.param("key", "c").param("count", true);
    assert_eq!(stable_rows(&trial), [r#" {"count":2}"#, r#"3 {"count":1}"#]);
    assert_eq!(
        stable_rows(&trial.param("sum", "b")),
        [r#" {"count":2,"sum_b":7}"#, r#"3 {"count":1,"sum_b":2}"#]
    );
}

#[test]
fn the_key_is_required() {
    let error = trial(job()).input("s.csv", SALES).run().unwrap_err();
    assert!(error.to_string().contains("--param key="), "{error}");
}

#[test]
fn groups_that_exceed_the_memory_are_emitted_early() {
    let rows: String = (0..60_000)
        .map(|n| format!("k{},{}.5\n", n % 30_000, n))
        .collect();
    let trial = trial(job()).input("s.csv", format!("k,v\n{rows}"));
    let trial = trial.param("key", "k").param("sum", "v");
    let rows = trial.run().unwrap().rows;
    assert_eq!(rows.len(), 30_000);
    assert_eq!(
        rows[1],
        ("k1".to_owned(), r#"{"sum_v":30003.0}"#.to_owned())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn cells_that_differ_in_bytes_are_different_groups(
        cells in prop::collection::vec(prop::collection::vec(128u8.., 1..3), 1..40),
    ) {
        let mut groups: BTreeMap<&[u8], usize> = BTreeMap::new();
        let mut table = b"k,n\n".to_vec();
        for cell in &cells {
            *groups.entry(cell).or_default() += 1;
            table.extend([cell, &b",1\n"[..]].concat());
        }
        let expected: Vec<_> = groups.iter().map(|(key, records)| {
            format!("{} {{\"sum_n\":{records}}}", String::from_utf8_lossy(key))
        }).collect();
        let trial = trial(job()).input("t.csv", table).param("key", "k").param("sum", "n");
        prop_assert_eq!(stable_rows(&trial), expected);
    }

    #[test]
    fn results_equal_those_of_a_simple_program(
        records in prop::collection::vec(("[ab]{0,1}", prop::option::of(-1000i64..1000), "[xyz]{0,1}"), 1..60),
    ) {
        let mut groups: BTreeMap<&str, (Vec<i64>, BTreeSet<&str>)> = BTreeMap::new();
        let mut table = "k,n,d\n".to_owned();
        for (key, number, cell) in &records {
            let group = groups.entry(key).or_default();
            group.0.extend(number);
            if !cell.is_empty() {
                group.1.insert(cell);
            }
            let number = number.map_or_else(String::new, |n| n.to_string());
            table += &format!("{key},{number},{cell}\n");
        }
        let expected: Vec<_> = groups.iter().map(|(key, (numbers, cells))| {
            let sum: i64 = numbers.iter().sum();
            let mean = (!numbers.is_empty()).then(|| sum as f64 / numbers.len() as f64);
            let value = format!(
                "{{\"sum_n\":{sum},\"min_n\":{},\"mean_n\":{},\"distinct_d\":{}}}",
                serde_json::json!(numbers.iter().min()), serde_json::json!(mean), cells.len(),
            );
            format!("{key} {value}")
        }).collect();
        let mut trial = trial(job()).input("t.csv", table).param("key", "k");
        for (name, column) in [("sum", "n"), ("min", "n"), ("mean", "n"), ("distinct", "d")] {
            trial = trial.param(name, column);
        }
        prop_assert_eq!(stable_rows(&trial), expected);
    }
}
