use std::collections::BTreeSet;

use proptest::prelude::*;

use super::job;
use crate::tests::{stable_csv, stable_rows, trial};

#[test]
fn values_of_several_columns_differ_if_one_cell_differs() {
    let table = "a,b,c\n1,x,p\n1,x,q\n1,y,p\n\"1,x\",,\n";
    let trial = trial(job()).input("t.csv", table).param("columns", "b,a");
    assert_eq!(stable_csv(&trial), "distinct\n3\n");
    let list = stable_csv(&trial.param("mode", "list"));
    assert_eq!(list, "b,a\n,\"1,x\"\nx,1\ny,1\n");
}

#[test]
fn empty_input_has_0_values() {
    for mode in ["exact", "estimate"] {
        let trial = trial(job()).input("t.txt", "").param("mode", mode);
        assert_eq!(stable_csv(&trial), "distinct\n0\n", "{mode}");
    }
}

#[test]
fn an_estimate_is_close_and_does_not_depend_on_the_splits() {
    for distinct in [1u64, 7, 100, 5_000, 60_000] {
        let text: String = (0..distinct * 2)
            .map(|n| format!("v{}\n", n % distinct))
            .collect();
        let trial = trial(job()).input("t.txt", text).param("mode", "estimate");
        let rows = stable_rows(&trial);
        let estimate: u64 = rows[0].parse().unwrap();
        assert!(
            estimate.abs_diff(distinct) * 100 <= distinct * 4,
            "{estimate}, not {distinct}"
        );
    }
}

proptest! {
    #[test]
    fn exact_and_list_agree_with_a_set(lines in prop::collection::vec("[a-c]{0,3}", 0..60)) {
        let set: BTreeSet<_> = lines.iter().cloned().collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let trial = trial(job()).input("t.txt", text);
        prop_assert_eq!(stable_rows(&trial), [set.len().to_string()]);
        prop_assert_eq!(stable_rows(&trial.param("mode", "list")), Vec::from_iter(set));
    }
}
