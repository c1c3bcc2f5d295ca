//! CSV input that does not match the settings or is malformed.

use crate::sandbox::Sandbox;

const COLUMN: [&str; 4] = ["--column", "text", "--output", "o.json"];

fn with_column<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &COLUMN].concat()
}

#[test]
fn a_missing_column_is_refused_with_a_list_of_the_columns() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "\u{feff}id,\"body\",author\r\n1,a,b\r\n");
    let parts = [
        "a.csv",
        "\"text\"",
        "input.column",
        "\"id\", \"body\", \"author\"",
    ];
    sandbox.refused(&with_column(&["a.csv"]), 66, &parts);
    sandbox.file("b.csv", "\n\r\n\n");
    sandbox.refused(&with_column(&["b.csv"]), 66, &["b.csv", "no header"]);
}

#[test]
fn csv_without_a_selected_column_is_a_bad_setting() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "id,text\n");
    let parts = ["a.csv", "input.column", "--column", "\"id\", \"text\""];
    sandbox.refused(&["a.csv"], 64, &parts);
    sandbox.file("b.txt", "a\n");
    sandbox.done(&["b.txt"]);
    sandbox.refused(
        &["b.txt", "--format", "csv"],
        64,
        &["b.txt", "input.column"],
    );
}

#[test]
fn each_file_has_its_own_header_and_only_csv_needs_the_column() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.csv", "id,text\n1,a\n");
    sandbox.file("in/b.CSV", "text,x,y\nb,c,d\n");
    sandbox.file("in/c.csv", "text");
    sandbox.file("in/d.txt", "e\n");
    sandbox.done(&with_column(&["in"]));
    let expected = "{\n  \"a\": 1,\n  \"b\": 1,\n  \"e\": 1\n}\n";
    assert_eq!(sandbox.text("o.json"), expected);
}

#[test]
fn a_record_with_too_few_cells_is_counted_and_reported_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "id,text,x\n1,\"a\nb\",\n\n2,c\n3\n4,d,\n");
    for cut in ["--split-size=1", "--split-size=auto"] {
        let ended = sandbox.done(&with_column(&["a.csv", cut]));
        assert!(
            ended.err.contains("fewer cells than the header"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains("a.csv: line 5"), "{}", ended.err);
        assert!(
            ended.out.contains("2 records had fewer cells"),
            "{}",
            ended.out
        );
        let expected = "{\n  \"a\": 1,\n  \"b\": 1,\n  \"c\": 1,\n  \"d\": 1\n}\n";
        assert_eq!(sandbox.text("o.json"), expected);
    }
}

#[test]
fn strict_makes_a_record_with_too_few_cells_end_the_job() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "id,text\n1,a\n2\n3,b\n");
    let parts = ["a.csv", "line 3", "fewer cells", "input.strict"];
    sandbox.refused(&with_column(&["a.csv", "--strict"]), 1, &parts);
    assert_eq!(sandbox.names(""), ["a.csv"], "nothing is left behind");
}

#[test]
fn an_unclosed_quote_is_named_by_its_line_before_the_work() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "id,text\n1,\"a\nb\"\n2,\"c\n3,d\n");
    let parts = ["a.csv", "line 4", "quoted cell", "never ends"];
    sandbox.refused(&with_column(&["a.csv"]), 66, &parts);
    sandbox.file("b.csv", format!("id,\"text\n{}", "1,a\n".repeat(100_000)));
    let parts = ["b.csv", "line 1", "quoted cell", "never ends"];
    sandbox.refused(&with_column(&["b.csv"]), 66, &parts);
}

#[test]
fn binary_data_as_csv_gives_a_short_message() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", vec![0; 3 << 20]);
    sandbox.refused(&with_column(&["a.csv"]), 66, &["a.csv", "missing column"]);
    let limited = with_column(&["a.csv", "--set", "input.max_record=1MiB"]);
    let parts = ["a.csv", "line 1", "header", "input.max_record"];
    sandbox.refused(&limited, 66, &parts);
}
