//! Dialects of tables: delimiters, quotes, escapes, comments and null texts.

use crate::sandbox::Sandbox;

/// Runs `group-by` with more arguments for several sizes of splits, and returns the lines of the result.
fn grouped(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let run = |split| {
        let base = ["--job", "group-by", "--output", "o.tsv", split];
        sandbox.done(&[&base, args].concat());
        sandbox.text("o.tsv")
    };
    let one = run("--split-size=auto");
    assert_eq!(run("--split-size=1"), one, "{args:?}");
    one.lines().skip(1).map(str::to_owned).collect()
}

const BACKSLASHES: &str = concat!(
    "id,note,n\n",
    "1,\"fine\",10\n",
    "2,\"say \\\"hi, there\",20\n",
    "3,\"a \\\"b\\\", c\",30\n",
    "4,\"he said \\\", then\",40\n",
    "5,left\\, right,50\n",
);

#[test]
fn quotes_escaped_by_backslashes_are_reported_and_read_with_the_setting() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", BACKSLASHES);
    let args = ["a.csv", "--param", "key=id", "--param", "sum=n"];
    let run = [&["--job", "group-by", "--output", "o.tsv"], &args[..]].concat();
    let ended = sandbox.done(&run);
    assert!(
        ended.err.contains("input.escape=backslash"),
        "{}",
        ended.err
    );
    let strict = [&run[..], &["--strict"]].concat();
    sandbox.refused(&strict, 1, &["a.csv", "line 3", "input.escape=backslash"]);
    for set in [
        "input.escape=\\",
        "input.escape=backslash",
        "input.delimiter=auto",
    ] {
        let args = [&args[..], &["--strict", "--set", set]].concat();
        let expected = ["1\t10", "2\t20", "3\t30", "4\t40", "5\t50"];
        assert_eq!(grouped(&sandbox, &args), expected, "{set}");
    }
}

#[test]
fn quotes_comments_and_null_texts_follow_the_settings() {
    let sandbox = Sandbox::new();
    let text = "# a \"comment\nk|v\n#, another\n'x|y'|1\n\"|2\n'x|y'|NA\n'NA'|4\nNA|8\n";
    sandbox.file("a.csv", text);
    let args = [
        "a.csv",
        "--delimiter",
        "pipe",
        "--param",
        "key=k",
        "--param",
        "sum=v",
        "--strict",
        "--set",
        "input.quote='",
        "--set",
        "input.comment=#",
        "--set",
        "input.null=NA",
    ];
    let mut expected = vec!["\"\"\"\"\t2", "NA\t4", "x|y\t1"];
    let found = grouped(&sandbox, &args);
    let missing: Vec<_> = found.iter().filter(|line| line.ends_with("\t8")).collect();
    assert_eq!(missing.len(), 1, "{found:?}");
    let others = found.iter().filter(|line| !line.ends_with("\t8"));
    let mut others: Vec<_> = others.map(String::as_str).collect();
    others.sort_unstable();
    expected.sort_unstable();
    assert_eq!(others, expected);

    sandbox.file("b.tsv", "k\tv\n\"a\t1\nb\\nc\t2\n");
    let args = [
        "b.tsv",
        "--param",
        "key=k",
        "--param",
        "sum=v",
        "--set",
        "input.quote=none",
    ];
    assert_eq!(grouped(&sandbox, &args), ["\"\"\"a\"\t1", "b\\nc\t2"]);
    let column = [
        "b.tsv",
        "--column",
        "k",
        "--tokenizer",
        "spaces",
        "--output",
        "o.ndjson",
        "--set",
        "input.quote=none",
        "--set",
        "input.escape=backslash",
        "--set",
        "input.null=\"\"\"a\"",
    ];
    let ended = sandbox.done(&column);
    assert!(sandbox.text("o.ndjson").contains("b\\nc"), "{}", ended.out);
    assert!(ended.out.contains("1 records lacked"), "{}", ended.out);
}

#[test]
fn auto_detects_the_dialect_of_each_input_and_logs_it() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "k;v\n\"x;y\";1\n\"x;y\";2\n");
    sandbox.file("b.csv", "v\tk\n4\tx, y\n8\tz\n");
    let args = [
        "a.csv",
        "b.csv",
        "--delimiter",
        "auto",
        "--param",
        "key=k",
        "--param",
        "sum=v",
    ];
    assert_eq!(grouped(&sandbox, &args), ["x, y\t4", "x;y\t3", "z\t8"]);
    let run = [&["--job", "group-by", "--output", "o.tsv"], &args[..]].concat();
    let ended = sandbox.done(&run);
    let logged = ended
        .err
        .lines()
        .filter(|line| line.contains("detected the dialect"));
    let logged: Vec<_> = logged.collect();
    assert_eq!(logged.len(), 2, "{}", ended.err);
    assert!(
        logged[0].contains("semicolon") && logged[1].contains("tab"),
        "{logged:?}"
    );
}

#[test]
fn a_header_with_another_delimiter_gives_a_hint() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "k;v\nx;1\n");
    let run = [
        "a.csv", "--job", "group-by", "--param", "key=k", "--output", "o.tsv",
    ];
    sandbox.refused(&run, 66, &["a.csv", "';'", "--delimiter semicolon"]);
    sandbox.refused(&["a.csv"], 64, &["a.csv", "--delimiter semicolon"]);
    let all = ["a.csv", "--column", "1", "--output", "o.tsv"];
    let ended = sandbox.done(&all);
    assert!(
        ended.err.contains("contains another delimiter"),
        "{}",
        ended.err
    );
}

#[test]
fn a_character_with_two_meanings_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "k\n");
    let quote = ["a.csv", "--delimiter", "pipe", "--set", "input.quote=|"];
    sandbox.refused(&quote, 64, &["input.quote", "input.delimiter", "'|'"]);
    let comment = ["a.csv", "--set", "input.comment=,"];
    sandbox.refused(&comment, 64, &["input.comment", "','"]);
    let long = ["a.csv", "--set", "input.quote=ab"];
    sandbox.refused(
        &long,
        64,
        &["input.quote", "\"ab\"", "one ASCII character or none"],
    );
}
