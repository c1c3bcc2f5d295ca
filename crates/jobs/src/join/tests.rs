use proptest::prelude::*;

use super::job::{Join, job};
use crate::tests::{stable_csv, trial};
use mapreduce_job::testing::Trial;

fn tables(left: &str, right: &str) -> Trial {
    trial(job())
        .input_of(0, "left.csv", left)
        .input_of(1, "right.csv", right)
        .param("left.key", "id")
        .param("right.key", "of")
}

const LEFT: &str = "id,name\n2,b\n1,a\n,none\n2,\"b \"\"2\"\"\"\n3,c\n";
const RIGHT: &str = "name,of,n\nx,2,10\ny,1,20\nz,2,30\nv,,40\nw,4,50\n";

#[test]
fn every_kind_of_join_has_its_rows() {
    let pairs = "1,a,y,20\n2,b,x,10\n2,\"b \"\"2\"\"\",x,10\n2,b,z,30\n2,\"b \"\"2\"\"\",z,30\n";
    let header = "id,name,right.name,n\n";
    for (kind, expected) in [
        ("inner", format!("{header}{pairs}")),
        ("left", format!("{header},none,,\n{pairs}3,c,,\n")),
        ("right", format!("{header},,v,40\n{pairs}4,,w,50\n")),
        (
            "full",
            format!("{header},none,,\n,,v,40\n{pairs}3,c,,\n4,,w,50\n"),
        ),
        ("semi", "id,name\n1,a\n2,b\n2,\"b \"\"2\"\"\"\n".to_owned()),
        ("anti", "id,name\n,none\n3,c\n".to_owned()),
    ] {
        let joined = stable_csv(&tables(LEFT, RIGHT).param("kind", kind));
        assert_eq!(joined, expected, "{kind}");
    }
}

#[test]
fn selected_columns_come_in_the_order_of_the_list() {
    for (select, expected) in [
        (
            "n,left.name",
            "n,name\n20,a\n10,b\n10,\"b \"\"2\"\"\"\n30,b\n30,\"b \"\"2\"\"\"\n",
        ),
        (
            "right.name,id,of",
            "name,id,id_2\ny,1,1\nx,2,2\nx,2,2\nz,2,2\nz,2,2\n",
        ),
        (
            "left.2,right.3",
            "name,n\na,20\nb,10\n\"b \"\"2\"\"\",10\nb,30\n\"b \"\"2\"\"\",30\n",
        ),
    ] {
        let joined = stable_csv(&tables(LEFT, RIGHT).param("select", select));
        assert_eq!(joined, expected, "{select}");
    }
    let semi = tables(LEFT, RIGHT)
        .param("kind", "semi")
        .param("select", "left.name");
    assert_eq!(stable_csv(&semi), "name\na\nb\n\"b \"\"2\"\"\"\n");
}

#[test]
fn an_error_names_the_parameter_or_setting() {
    let select = |select: &str| tables(LEFT, RIGHT).param("select", select);
    for (trial, part) in [
        (
            tables("a,b\n1,2\n", RIGHT),
            "no column \"id\" (left.key); its columns: \"a\", \"b\"",
        ),
        (tables(LEFT, RIGHT).param("kind", "outer"), "kind=outer"),
        (
            tables(LEFT, RIGHT).param("compare", "float"),
            "compare=float",
        ),
        (
            tables(LEFT, RIGHT).input_of(2, "x.csv", RIGHT),
            "two inputs",
        ),
        (
            tables(LEFT, RIGHT).param("left.key", "id,name"),
            "names 2 columns",
        ),
        (select("price"), "no input has the column \"price\""),
        (select("name"), "left.name or right.name"),
        (
            select("n").param("kind", "anti"),
            "only columns of the first",
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
fn column_names_of_the_result_are_distinct() {
    for (left, right, expected) in [
        (
            "id,x,right.x\n1,a,b\n",
            "id,x\n1,c\n",
            "id,x,right.x,right.right.x\n1,a,b,c\n",
        ),
        (
            "id,x,x\n1,a,b\n",
            "id,x,x\n1,c,d\n",
            "id,x,x_2,right.x,right.x_2\n1,a,b,c,d\n",
        ),
        ("id\n1\n", "id,x\n1,c\n", "id,x\n1,c\n"),
        ("id,x\n1,a\n", "id\n1\n", "id,x\n1,a\n"),
    ] {
        assert_eq!(stable_csv(&joined(left, right)), expected);
    }
}

#[test]
fn several_key_columns_match_only_together() {
    let left = "a,b,l\nx,yz,1\nxy,z,2\n,z,3\nq,,4\n";
    let right = "b,a,r\nz,xy,5\nyz,x,6\nz,x,7\n,q,8\n";
    let trial = trial(job()).input_of(0, "left.csv", left);
    let trial = trial.input_of(1, "right.csv", right);
    let trial = trial.param("left.key", "a,b").param("right.key", "a,b");
    assert_eq!(stable_csv(&trial), "a,b,l,r\nx,yz,1,6\nxy,z,2,5\n");
    let full = stable_csv(&trial.param("kind", "full"));
    assert_eq!(
        full,
        "a,b,l,r\n,z,3,\nq,,4,\nq,,,8\nx,yz,1,6\nx,z,,7\nxy,z,2,5\n"
    );
}

#[test]
fn keys_may_be_compared_as_numbers() {
    let (left, right) = (
        "id,l\n1.0,a\n01,b\nx,c\n2,d\n",
        "id,r\n1,e\nx,f\nX,g\n3.50,h\n",
    );
    let numbers = joined(left, right).param("compare", "number");
    assert_eq!(stable_csv(&numbers), "id,l,r\nx,c,f\n1.0,a,e\n01,b,e\n");
    let full = stable_csv(&numbers.param("kind", "full").param("select", "id,r,l"));
    assert_eq!(
        full,
        "id,r,l\nX,g,\nx,f,c\n1.0,e,a\n01,e,b\n2,,d\n3.50,h,\n"
    );
    assert_eq!(stable_csv(&joined(left, right)), "id,l,r\nx,c,f\n");
}

#[test]
fn rows_that_are_too_short_have_missing_cells() {
    let trial = joined("id,n,x\n1,k,a\n1,l\n2\n", "id,y,x\n1,p,q\n1\n");
    assert_eq!(
        stable_csv(&trial.param("kind", "left")),
        "id,n,x,y,right.x\n1,k,a,p,q\n1,l,,p,q\n1,k,a,,\n1,l,,,\n2,,,,\n"
    );
}

#[test]
fn files_of_one_input_may_have_different_headers() {
    // The files of the left input come first, as the planner puts them.
    let trial = trial(job()).input_of(0, "more.csv", "id,x\n1,a\n");
    let trial = trial.input_of(0, "other.csv", "y,id\nb,1\n");
    let trial = trial.input_of(1, "right.csv", "id,x\n1,c\n");
    let trial = trial.param("left.key", "id").param("right.key", "id");
    let outcome = trial.run().unwrap();
    assert_eq!(outcome.csv(), "id,x,y,right.x\n1,a,,c\n1,,b,c\n");
}

#[test]
fn only_keys_of_the_same_bytes_are_joined() {
    let table = b"k,v\ncaf\xe9,1\ncaf\xe8,\xff\n";
    let trial = trial(job()).input_of(0, "a.csv", table);
    let trial = trial.input_of(1, "b.csv", table);
    let trial = trial.param("left.key", "k").param("right.key", "k");
    let expected = "k,v,right.v\ncaf\u{fffd},\u{fffd},\u{fffd}\ncaf\u{fffd},1,1\n";
    assert_eq!(stable_csv(&trial), expected);
}

#[test]
fn the_left_records_of_a_key_may_exceed_the_memory() {
    let left: String = (0..300).map(|n| format!("8,{n:0100}\n")).collect();
    let right = "id,y\n7,1\n8,2\n8,3\n";
    let join = |max_left_bytes| {
        trial(Join { max_left_bytes })
            .input_of(0, "left.csv", format!("id,x\n{left}9,last\n"))
            .input_of(1, "right.csv", right)
            .param("left.key", "id")
            .param("right.key", "id")
    };
    for kind in ["inner", "full", "semi", "anti"] {
        let in_memory = join(1 << 20).param("kind", kind).run().unwrap();
        for max_left_bytes in [0, 1, 4000] {
            let spilled = join(max_left_bytes).param("kind", kind).run().unwrap();
            assert_eq!(spilled.csv(), in_memory.csv(), "{kind}");
        }
    }
    assert_eq!(join(1000).run().unwrap().rows.len(), 600);
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
                expected.push((*id, r, l, format!("{id},{l},{r}\n")));
            }
        }
        expected.sort();
        let expected: Vec<_> = expected.into_iter().map(|(.., row)| row).collect();
        let trial = tables(
            &format!("id,l\n{}", rows(&left)), &format!("of,r\n{}", rows(&right)),
        );
        prop_assert_eq!(stable_csv(&trial), format!("id,l,r\n{}", expected.concat()));
    }
}
