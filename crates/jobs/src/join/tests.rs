use proptest::prelude::*;

use super::job::{job, limited};
use crate::tests::{rows, stable_rows, trial};
use mapreduce_job::testing::Trial;

fn tables(left: &str, right: &str) -> Trial {
    trial(job())
        .input_of(0, "left.csv", left)
        .input_of(1, "right.csv", right)
        .param("left.key", "id")
        .param("right.key", "of")
}

const ORDERS: &str = "id,name\n2,b\n1,a\n,none\n2,\"b \"\"2\"\"\"\n3,c\n";
const RIGHT: &str = "name,of,n\nx,2,10\ny,1,20\nz,2,30\nv,,40\nw,4,50\n";

#[test]
fn records_with_equal_keys_are_joined_and_repeated_names_get_a_prefix() {
    assert_eq!(
        stable_rows(&tables(ORDERS, RIGHT)),
        [
            r#"1 {"name":"a","right.name":"y","n":"20"}"#,
            r#"2 {"name":"b","right.name":"x","n":"10"}"#,
            r#"2 {"name":"b \"2\"","right.name":"x","n":"10"}"#,
            r#"2 {"name":"b","right.name":"z","n":"30"}"#,
            r#"2 {"name":"b \"2\"","right.name":"z","n":"30"}"#,
        ]
    );
}

#[test]
fn a_left_join_keeps_left_records_without_a_partner() {
    let rows = stable_rows(&tables(ORDERS, RIGHT).param("kind", "left"));
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[0], r#" {"name":"none"}"#);
    assert_eq!(rows[6], r#"3 {"name":"c"}"#);
}

#[test]
fn an_error_names_the_parameter_or_setting() {
    for (trial, part) in [
        (
            tables("a,b\n1,2\n", RIGHT),
            "no column \"id\" (left.key); its columns are a, b",
        ),
        (tables(ORDERS, RIGHT).param("kind", "outer"), "kind=outer"),
        (
            tables(ORDERS, RIGHT).input_of(2, "x.csv", RIGHT),
            "two inputs",
        ),
    ] {
        let error = trial.run().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// Returns a join of `left` and `right`, both with the key column `id`.
fn joined(left: &str, right: &str) -> Trial {
    let trial = trial(job()).input_of(0, "left.csv", left);
    let trial = trial.input_of(1, "right.csv", right);
    trial.param("left.key", "id").param("right.key", "id")
}

#[test]
fn column_names_of_a_row_are_distinct() {
    for (left, right, expected) in [
        (
            "id,x,right.x\n1,a,b\n",
            "id,x\n1,c\n",
            r#"1 {"x":"a","right.x":"b","right.right.x":"c"}"#,
        ),
        (
            "id,x,x\n1,a,b\n",
            "id,x,x\n1,c,d\n",
            r#"1 {"x":"a","left.x":"b","right.x":"c","right.right.x":"d"}"#,
        ),
        ("id\n1\n", "id,x\n1,c\n", r#"1 {"x":"c"}"#),
        ("id,x\n1,a\n", "id\n1\n", r#"1 {"x":"a"}"#),
    ] {
        assert_eq!(stable_rows(&joined(left, right)), [expected]);
    }
}

#[test]
fn missing_cells_are_null() {
    let trial = joined("id,n,x\n1,k,a\n1,l\n2\n", "id,y,x\n1,p,q\n1\n");
    assert_eq!(
        stable_rows(&trial.param("kind", "left")),
        [
            r#"1 {"n":"k","x":"a","y":"p","right.x":"q"}"#,
            r#"1 {"n":"l","x":null,"y":"p","right.x":"q"}"#,
            r#"1 {"n":"k","x":"a","y":null,"right.x":null}"#,
            r#"1 {"n":"l","x":null,"y":null,"right.x":null}"#,
            r#"2 {"n":null,"x":null}"#,
        ]
    );
}

#[test]
fn files_of_one_input_may_have_different_headers() {
    // The files of the left input come first, as the planner puts them.
    let trial = trial(job()).input_of(0, "more.csv", "id,x\n1,a\n");
    let trial = trial.input_of(0, "other.csv", "y,id\nb,1\n");
    let trial = trial.input_of(1, "right.csv", "id,x\n1,c\n");
    let trial = trial.param("left.key", "id").param("right.key", "id");
    assert_eq!(
        rows(&trial),
        [r#"1 {"x":"a","right.x":"c"}"#, r#"1 {"y":"b","x":"c"}"#,]
    );
}

#[test]
fn only_keys_of_the_same_bytes_are_joined() {
    let table = b"k,v\ncaf\xe9,1\ncaf\xe8,\xff\n";
    let trial = trial(job()).input_of(0, "a.csv", table);
    let trial = trial.input_of(1, "b.csv", table);
    let trial = trial.param("left.key", "k").param("right.key", "k");
    let expected = [
        "caf\u{fffd} {\"v\":\"\u{fffd}\",\"right.v\":\"\u{fffd}\"}",
        "caf\u{fffd} {\"v\":\"1\",\"right.v\":\"1\"}",
    ];
    assert_eq!(stable_rows(&trial), expected);
}

#[test]
fn too_many_left_records_of_a_key_fail_with_the_key() {
    let right = "id,y\n7,1\n8,1\n";
    let few: String = (0..900).map(|n| format!("{n},{n:01000}\n")).collect();
    let many: String = (0..900).map(|n| format!("8,{n:01000}\n")).collect();
    let tried = |rows: &str| {
        trial(limited(512 << 10))
            .input_of(0, "left.csv", format!("id,x\n{rows}"))
            .input_of(1, "right.csv", right)
            .param("left.key", "id")
            .param("right.key", "id")
    };
    let run = |rows: &str| tried(rows).run();
    let left = |rows: &str| tried(rows).param("kind", "left").run();
    assert_eq!(run(&few).unwrap().rows.len(), 2);
    // Records with an empty key are not kept in memory.
    let empty_keys: String = many.lines().map(|row| format!("{}\n", &row[1..])).collect();
    assert_eq!(run(&empty_keys).unwrap().rows.len(), 0);
    assert_eq!(left(&empty_keys).unwrap().rows.len(), 900);
    let error = run(&many).unwrap_err().to_string();
    assert!(
        error.contains("key \"8\"") && error.contains("MiB"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn the_result_has_every_pair_with_equal_keys(
        left in prop::collection::vec(0u8..6, 0..30), right in prop::collection::vec(0u8..6, 0..30),
    ) {
        let rows = |keys: &[u8]| -> String {
            keys.iter().enumerate().map(|(at, key)| format!("{key},{at}\n")).collect()
        };
        let mut expected = Vec::new();
        for (r, of) in right.iter().enumerate() {
            for (l, id) in left.iter().enumerate().filter(|(_, id)| *id == of) {
                expected.push((*id, r, l, format!(r#"{id} {{"l":"{l}","r":"{r}"}}"#)));
            }
        }
        expected.sort();
        let expected: Vec<_> = expected.into_iter().map(|(.., row)| row).collect();
        let trial = tables(
            &format!("id,l\n{}", rows(&left)), &format!("of,r\n{}", rows(&right)),
        );
        prop_assert_eq!(stable_rows(&trial), expected);
    }
}
