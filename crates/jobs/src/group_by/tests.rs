use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::job;
use crate::tests::{stable_csv, trial};

const SALES: &str = "city,what,n,price\nOslo,tea,3,1.5\nRome,tea,,2\nOslo,\"salt, fine\",-1,0.1\n\
                     Oslo,tea,4,0.2\nRome,tea,x,\n";

#[test]
fn records_are_counted_by_default() {
    let trial = trial(job()).input("s.csv", SALES).param("key", "city");
    assert_eq!(stable_csv(&trial), "city,count\nOslo,3\nRome,2\n");
}

#[test]
fn fields_have_a_fixed_order_and_empty_cells_are_skipped() {
    let mut trial = trial(job()).input("s.csv", SALES).param("key", "city");
    for name in ["mean", "max", "min", "sum"] {
        trial = trial.param(name, "n");
    }
    let trial = trial.param("count", true).param("distinct", "what,price");
    assert_eq!(
        stable_csv(&trial),
        "city,count,sum_n,min_n,max_n,mean_n,distinct_what,distinct_price\n\
         Oslo,3,6,-1,4,2.0,2,3\nRome,2,0,,,,1,1\n"
    );
    assert_eq!(trial.run().unwrap().counters["group-by:not_a_number"], 1);
}

#[test]
fn several_key_columns_are_columns_of_the_result() {
    let trial = trial(job()).input("s.csv", SALES);
    let trial = trial.param("key", "what,city").param("sum", "price");
    assert_eq!(
        stable_csv(&trial),
        "what,city,sum_price\n\"salt, fine\",Oslo,0.1\ntea,Oslo,1.7\ntea,Rome,2\n"
    );
}

#[test]
fn a_record_without_its_key_cell_counts_as_an_empty_key() {
    let trial = trial(job()).input("s.csv", "a,b,c\n1,2\n1,2,3\n4,5,\n");
    let trial = trial.param("key", "c").param("count", true);
    assert_eq!(stable_csv(&trial), "c,count\n,2\n3,1\n");
    let summed = stable_csv(&trial.param("sum", "b"));
    assert_eq!(summed, "c,count,sum_b\n,2,7\n3,1,2\n");
}

#[test]
fn columns_of_the_result_have_the_names_of_the_input() {
    let trial = trial(job()).input("s.csv", " city ,n\nOslo,3\n");
    for (key, sum) in [("1", "2"), ("city", "n"), ("\" city \"", "2")] {
        let trial = trial.clone().param("key", key).param("sum", sum);
        assert_eq!(stable_csv(&trial), " city ,sum_n\nOslo,3\n", "{key}");
    }
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
    assert_eq!(rows[1], ("k1".to_owned(), "30003.0".to_owned()));
}

#[test]
fn sums_and_ends_keep_all_digits() {
    let table = "k,v\nu64,18446744073709551615\nu64,1\nwei,100000000000000000001\nwei,2\n\
                 i64,9223372036854775807\ni64,9223372036854775807\nneg,-9223372036854775809\nhuge,1.7e300\n";
    let trial = trial(job()).input("a.csv", table).splits(3);
    let trial = trial.param("key", "k").param("sum", "v").param("max", "v");
    assert_eq!(
        stable_csv(&trial),
        "k,sum_v,max_v\nhuge,1.7e+300,1.7e+300\ni64,18446744073709551614,9223372036854775807\n\
         neg,-9223372036854775809,-9223372036854775809\nu64,18446744073709551616,18446744073709551615\n\
         wei,100000000000000000003,100000000000000000001\n"
    );
}

#[test]
fn the_ends_and_the_sum_of_one_cell_are_that_cell() {
    let cells = [
        "113.93874225649995",
        "0.9999999999999999",
        "-82.1248508217273",
        "4.50",
        "-0.01127409822260006",
        "27670116110564327421",
    ];
    for cell in cells {
        let trial = trial(job()).input("f.csv", format!("k,v\na,{cell}\n"));
        let trial = trial.param("key", "k").param("sum", "v");
        let trial = trial.param("min", "v").param("max", "v");
        let expected = format!("k,sum_v,min_v,max_v\na,{cell},{cell},{cell}\n");
        assert_eq!(stable_csv(&trial), expected);
    }
}

#[test]
fn equal_numbers_with_different_decimal_places_have_a_fixed_order() {
    let cells = ["4.50", "4.5", "4.500"];
    for first in 0..3 {
        let rows: String = (0..3)
            .map(|nth| format!("a,{}\n", cells[(first + nth) % 3]))
            .collect();
        let trial = trial(job()).input("f.csv", format!("k,v\n{rows}"));
        let trial = trial.param("key", "k").param("min", "v").param("max", "v");
        assert_eq!(stable_csv(&trial), "k,min_v,max_v\na,4.5,4.500\n");
    }
}

#[test]
fn a_column_named_in_two_ways_has_one_name_in_the_result() {
    let table = "city,n\nb,1\na,2\nb,4\n";
    let trial = trial(job()).input("t.csv", table).param("key", "1");
    let trial = trial.param("sum", "n").param("max", "2");
    let trial = trial.param("distinct", "city");
    let expected = "city,sum_n,max_n,distinct_city\na,2,2,1\nb,5,4,1\n";
    assert_eq!(stable_csv(&trial), expected);
}

#[test]
fn separators_of_numbers_can_be_set() {
    let table = "k,v\na,\"1.234,56\"\na,1.000.000\na,1.5\na,\"-0,5\"\n";
    let trial = trial(job()).input("a.csv", table).param("key", "k");
    let german = trial.clone().param("decimal", ",").param("thousands", ".");
    let german = german.param("sum", "v").param("max", "v");
    assert_eq!(stable_csv(&german), "k,sum_v,max_v\na,1001234.06,1000000\n");
    assert_eq!(german.run().unwrap().counters["group-by:not_a_number"], 1);
    for (name, value) in [("decimal", "1"), ("thousands", "ab"), ("thousands", ".")] {
        let error = trial.clone().param(name, value).run().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
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
            format!("{},{records}\n", String::from_utf8_lossy(key))
        }).collect();
        let expected = format!("k,sum_n\n{}", expected.concat());
        let trial = trial(job()).input("t.csv", table).param("key", "k").param("sum", "n");
        prop_assert_eq!(stable_csv(&trial), expected);
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
            let text = |number: Option<String>| number.unwrap_or_default();
            let min = text(numbers.iter().min().map(i64::to_string));
            let mean = text(mean.map(|mean| format!("{mean:?}")));
            format!("{key},{sum},{min},{mean},{}\n", cells.len())
        }).collect();
        let expected = format!("k,sum_n,min_n,mean_n,distinct_d\n{}", expected.concat());
        let mut trial = trial(job()).input("t.csv", table).param("key", "k");
        for (name, column) in [("sum", "n"), ("min", "n"), ("mean", "n"), ("distinct", "d")] {
            trial = trial.param(name, column);
        }
        prop_assert_eq!(stable_csv(&trial), expected);
    }
}
