//! Input that other programs misread silently: it is read, refused or counted.

use crate::sandbox::Sandbox;

/// Runs `group-by` on `file` with more arguments, and returns the lines of the result.
fn grouped(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    sandbox.done(&[&["--job", "group-by", "--output", "o.tsv"], args].concat());
    let rows = sandbox.text("o.tsv");
    rows.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_record_in_any_format() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "\u{feff}fig plum\nfig\n");
    sandbox.file("kv.txt", "\u{feff}k\t1\nk\t2\n");
    sandbox.file("a.ndjson", "\u{feff}{\"k\":1}\n{\"k\":1}\n");
    sandbox.file("only.txt", "\u{feff}");
    for split in ["--split-size=1", "--split-size=auto"] {
        sandbox.done(&["a.txt", "--tokenizer", "spaces", "--output", "o.tsv", split]);
        assert_eq!(
            sandbox.text("o.tsv"),
            "word\tcount\nfig\t2\nplum\t1\n",
            "{split}"
        );
        let args = [
            "kv.txt", "--format", "keyvalue", "--param", "key=key", split,
        ];
        assert_eq!(grouped(&sandbox, &args), ["k\t2"], "{split}");
        let args = ["a.ndjson", "--param", "key=/k", split];
        assert_eq!(grouped(&sandbox, &args), ["1\t2"], "{split}");
    }
    sandbox.done(&["a.txt", "only.txt", "--job", "sort", "--output", "o.txt"]);
    assert_eq!(sandbox.text("o.txt"), "fig\nfig plum\n");
}

#[test]
fn records_with_extra_cells_or_text_after_a_quote_are_counted_and_strict_refuses_them() {
    let sandbox = Sandbox::new();
    for (text, defect) in [
        ("k,v\na,1\nb,2,3\n", "more cells than the header"),
        ("k,v\na,1\n\"b\"x,2\n", "text after the closing quote"),
        ("k,v\na,1\nb,\"2\" \n", "text after the closing quote"),
        ("k,v\na,1\nb\n", "fewer cells than the header"),
    ] {
        sandbox.file("a.csv", text);
        for args in [["--param", "key=k"], ["--param", "key=k,v"]] {
            let args = [
                &["a.csv", "--job", "group-by", "--output", "o.tsv"],
                &args[..],
            ]
            .concat();
            let ended = sandbox.done(&args);
            assert!(ended.out.contains(defect), "{text:?}: {}", ended.out);
            assert!(
                ended.err.contains("a.csv: line 3"),
                "{text:?}: {}",
                ended.err
            );
            let strict = [&args[..], &["--strict"]].concat();
            sandbox.refused(&strict, 1, &["a.csv", "line 3", defect]);
        }
    }
}

#[test]
fn a_table_without_a_header_has_numbered_columns() {
    let sandbox = Sandbox::new();
    for mark in ["", "\u{feff}"] {
        sandbox.file("a.csv", format!("{mark}7,x\n8,y\n7,\"z\nz\"\n"));
        for key in ["key=c1", "key=1"] {
            let args = ["a.csv", "--set", "input.header=false", "--param", key];
            assert_eq!(grouped(&sandbox, &args), ["7\t2", "8\t1"], "{key}");
        }
    }
    sandbox.file("b.csv", "a,b\n7,x\n");
    let by_number = grouped(&sandbox, &["b.csv", "--param", "key=2"]);
    assert_eq!(by_number, ["x\t1"]);
}

#[test]
fn lines_that_end_with_cr_alone_are_refused_or_reported() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "k,v\ra,1\rb,2\r");
    sandbox.file("a.ndjson", "{\"k\":1}\r{\"k\":2}\r");
    sandbox.file("a.txt", "a\rb\r");
    for (file, key) in [("a.csv", "key=k"), ("a.ndjson", "key=/k")] {
        let args = [
            file, "--job", "group-by", "--param", key, "--output", "o.tsv",
        ];
        sandbox.refused(&args, 66, &[file, "carriage return"]);
    }
    let ended = sandbox.done(&["a.txt", "--output", "o.tsv"]);
    assert!(ended.err.contains("carriage returns"), "{}", ended.err);
}

#[test]
fn json_that_is_not_one_value_a_line_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("array.ndjson", "[\n{\"k\":1},\n{\"k\":2}\n]\n");
    sandbox.file("pretty.ndjson", "{\n  \"k\": 1\n}\n");
    sandbox.file("broken.ndjson", "k: 1\nk: 2\n");
    sandbox.file("a.ndjson", "{\"k\":1}\n{\"k\":2}\n");
    sandbox.file("some.ndjson", "{\"k\":1}\noops\n{\"k\":2}\n");
    let run = |file: &'static str, key: &'static str| {
        [
            file, "--job", "group-by", "--param", key, "--param", "sum=/v", "--output", "o.tsv",
        ]
    };
    for file in ["array.ndjson", "pretty.ndjson"] {
        sandbox.refused(&run(file, "key=/k"), 66, &[file, "NDJSON", "jq -c"]);
    }
    sandbox.refused(&run("broken.ndjson", "key=/k"), 1, &["JSON", "no record"]);
    sandbox.refused(
        &run("a.ndjson", "key=/kk"),
        1,
        &["/kk", "input.allow_empty"],
    );
    let mut accepted = run("a.ndjson", "key=/kk").to_vec();
    accepted.extend(["--set", "input.allow_empty=true"]);
    sandbox.done(&accepted);
    let ended = sandbox.done(&["some.ndjson", "--pointer", "/k", "--output", "o.tsv"]);
    assert!(
        ended.out.contains("1 lines were not valid JSON"),
        "{}",
        ended.out
    );
    assert!(ended.err.contains("some.ndjson: line 2"), "{}", ended.err);
}

#[test]
fn strict_refuses_invalid_utf8_and_names_its_line() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("a.txt"), b"a\ncaf\xe9\n").unwrap();
    let ended = sandbox.done(&["a.txt", "--output", "o.tsv"]);
    assert!(ended.err.contains("a.txt: line 2"), "{}", ended.err);
    let path = sandbox.path("a.ndjson");
    std::fs::write(path, b"{\"k\":1}\n{\"k\":\"caf\xe9\"}\n").unwrap();
    let json = ["a.ndjson", "--pointer", "/k", "--strict"];
    sandbox.refused(&json, 1, &["a.ndjson", "line 2", "UTF-8"]);
    sandbox.refused(
        &["a.txt", "--strict", "--output", "o.tsv"],
        1,
        &["line 2", "UTF-8"],
    );
}
