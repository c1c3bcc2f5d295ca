//! Records beyond `input.max_record`.

use std::fs::File;
use std::io::Write;

use crate::sandbox::Sandbox;

#[test]
fn a_record_over_the_limit_is_named_by_file_and_line() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(1 << 20);
    sandbox.file("a.txt", format!("one\ntwo\n{long}\nfour\n"));
    sandbox.file("a.csv", format!("id,text\n1,\"b\nb\"\n2,{long}\n"));
    let limit = ["--set", "input.max_record=1MiB", "--output", "o.json"];
    for (cut, size) in [("auto", "auto"), ("cut", "1KiB")] {
        for (input, line) in [("a.txt", "line 3"), ("a.csv", "line 4")] {
            let flags = [input, "--column", "text", "--split-size", size];
            let parts = [input, line, "1048576 bytes", "input.max_record"];
            let told = sandbox.refused(&[&flags[..], &limit].concat(), 1, &parts);
            assert!(!told.contains("2 more"), "{cut}: {told}");
        }
    }
    assert_eq!(
        sandbox.names(""),
        ["a.csv", "a.txt"],
        "nothing is left behind"
    );
}

#[test]
fn a_record_of_exactly_the_limit_is_read_whatever_the_splits() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "aaa\nbbb\n\nccc");
    for (limit, code) in [("4", 0), ("3", 1)] {
        for size in ["1", "5", "auto"] {
            let limit = format!("input.max_record={limit}");
            let ended = sandbox.run(&["a.txt", "--split-size", size, "--set", &limit]);
            assert_eq!(ended.code, Some(code), "{limit} {size}: {}", ended.err);
        }
    }
}

#[test]
fn a_line_of_a_gigabyte_is_refused_without_being_held() {
    for (name, head, line) in [
        ("a.txt", "one\n", "line 2"),
        ("a.csv", "text,id\na,1\n", "line 3"),
    ] {
        let sandbox = Sandbox::new();
        let mut file = File::create(sandbox.path(name)).unwrap();
        file.write_all(head.as_bytes()).unwrap();
        // A hole: bytes that are NUL and take no space.
        file.set_len(1 << 30).unwrap();
        let parts = [name, line, "268435456 bytes", "input.max_record"];
        sandbox.refused(&[name, "--column", "text"], 1, &parts);
    }
}
