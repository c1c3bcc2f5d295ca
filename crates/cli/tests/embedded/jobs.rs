//! The built-in jobs: their names, examples and parameters, and errors about them.

use std::process::{Command, Output};

use crate::sandbox::Sandbox;

/// Runs `mapreduce jobs`.
fn jobs(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapreduce"));
    command
        .arg("jobs")
        .args(args)
        .output()
        .expect("the binary starts")
}

fn stdout(args: &[&str]) -> String {
    let output = jobs(args);
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn names() -> Vec<String> {
    let list = stdout(&[]);
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn all_built_in_jobs_are_listed() {
    assert_eq!(
        names(),
        [
            "distinct",
            "grep",
            "group-by",
            "histogram",
            "inverted-index",
            "join",
            "line-count",
            "sort",
            "streaming",
            "top",
            "word-count"
        ]
    );
}

#[test]
fn every_example_runs() {
    for name in names() {
        let description = stdout(&[&name]);
        let example = description
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .trim()
            .to_owned();
        let sandbox = Sandbox::new();
        for (file, text) in [
            ("input/a.txt", "some text\n"),
            ("logs/a.log", "error 12\n"),
            ("books/a.txt", "a book\n"),
            (
                "sales.csv",
                "city,product,units,amount,price\nRome,apple,3,4.5,1.5\n",
            ),
            ("orders.csv", "order,customer\n1,7\n"),
            ("customers.csv", "id,name\n7,Ann\n"),
            ("visits.csv", "user\nann\n"),
            ("scores.tsv", "ann\t12\n"),
        ] {
            sandbox.file(file, text);
        }
        let command = example.replacen("mapreduce", env!("CARGO_BIN_EXE_mapreduce"), 1);
        let ran = Command::new("sh")
            .args(["-c", &command])
            .current_dir(sandbox.path(""))
            .output();
        let ran = ran.expect("a shell");
        assert!(
            ran.status.success(),
            "{example}\n{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(
            said.contains(&format!("job={name}-")),
            "{example} runs another job:\n{said}"
        );
    }
}

#[test]
fn an_unknown_job_is_an_error_that_lists_the_jobs() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "x\n");
    sandbox.refused(
        &["in", "--job", "word-cuont"],
        64,
        &["word-cuont", "job.name", "word-count", "streaming"],
    );
    let output = jobs(&["word-cuont"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("word-cuont"));
}

#[test]
fn parameters_that_are_missing_unknown_or_wrong_are_named() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.csv", "a,b\n1,2\n");
    for (job, params, parts) in [
        (
            "grep",
            &[][..],
            &["pattern is missing", "--param pattern="][..],
        ),
        ("grep", &["pattern=("], &["unclosed group"]),
        (
            "grep",
            &["pattern=x", "invert=perhaps"],
            &["invert=perhaps"],
        ),
        (
            "grep",
            &["patern=x"],
            &["unknown parameter patern", "pattern"],
        ),
        ("group-by", &["sum=a"], &["key is missing"]),
        ("histogram", &["column=a", "width=0"], &["width"]),
        ("top", &["k=many"], &["k=many"]),
        ("top", &["weight=a"], &["weight", "key"]),
        ("distinct", &["mode=roughly"], &["mode=roughly", "estimate"]),
        ("inverted-index", &["places=page"], &["places=page"]),
        ("line-count", &["total=2"], &["total=2"]),
        ("sort", &["key=0"], &["key"]),
        (
            "join",
            &["kind=outer", "left.key=a", "right.key=a"],
            &["kind=outer"],
        ),
        ("streaming", &["mapper=cat", "timeout=soon"], &["timeout"]),
        ("streaming", &["maper=cat"], &["maper"]),
        ("word-count", &["top=3"], &["unknown parameter top"]),
    ] {
        let mut args = vec!["in", "--job", job];
        args.extend(params.iter().flat_map(|param| ["--param", param]));
        let line = sandbox.refused(&args, 64, parts);
        assert!(line.contains(job), "{line}");
        assert!(line.contains(&format!("mapreduce jobs {job}")), "{line}");
    }
}

#[test]
fn an_unknown_column_is_an_error_that_lists_the_columns() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.csv", "city,amount\nRome,2\n");
    for (job, params) in [
        ("group-by", &["--param", "key=town"][..]),
        ("histogram", &["--param", "column=town"]),
        ("top", &["--param", "key=town"]),
        ("distinct", &["--param", "columns=town"]),
    ] {
        let args = [&["in", "--job", job], params].concat();
        let ended = sandbox.run(&args);
        assert!(
            matches!(ended.code, Some(1 | 64 | 66)),
            "{:?} {}",
            ended.code,
            ended.err
        );
        assert!(
            ended.err.contains("town") && ended.err.contains("city"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn a_join_takes_two_inputs() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "id\n1\n");
    let keys = [
        "--job",
        "join",
        "--param",
        "left.key=id",
        "--param",
        "right.key=id",
    ];
    for inputs in [&["a.csv"][..], &["a.csv", "a.csv", "a.csv"]] {
        let count = inputs.len().to_string();
        sandbox.refused(
            &[inputs, &keys].concat(),
            64,
            &["join", "2 inputs", "job.input", &count],
        );
    }
}
