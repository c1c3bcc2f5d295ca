//! Text in other encodings than UTF-8, and bytes that are not text.

use std::io::Write;

use proptest::prelude::*;

use crate::sandbox::Sandbox;

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Files of each format with the same records in the key `k`: twice `é, €` and once `x`.
const FILES: [(&str, &str); 4] = [
    ("a.csv", "k,n\r\n\"é, €\",1\r\nx,2\r\n\"é, €\",3\r\n"),
    ("a.tsv", "k\tn\né, €\t1\nx\t2\né, €\t3\n"),
    (
        "a.ndjson",
        "{\"k\":\"é, €\",\"n\":1}\n{\"k\":\"x\",\"n\":2}\n{\"k\":\"\\u00e9, €\",\"n\":3}",
    ),
    ("a.txt", "é, €\nx\né, €\n"),
];

/// Checks that all `files` are read as text with the records of [`FILES`].
fn check(sandbox: &Sandbox, name: &str, args: &[&str]) {
    if name.contains(".txt") {
        let args = [&[name, "--job", "sort", "--output", "o.txt"], args].concat();
        sandbox.done(&args);
        assert_eq!(sandbox.text("o.txt"), "x\né, €\né, €\n", "{name} {args:?}");
    } else {
        let group = [
            name, "--job", "group-by", "--param", "key=k", "--output", "o.tsv",
        ];
        let args = [&group, args].concat();
        let ended = sandbox.done(&args);
        assert_eq!(
            sandbox.text("o.tsv"),
            "k\tcount\nx\t1\né, €\t2\n",
            "{args:?}"
        );
        assert!(!ended.out.contains("note:"), "{}", ended.out);
    }
}

#[test]
fn utf16_is_read_in_every_format_with_a_mark_or_by_its_name() {
    let sandbox = Sandbox::new();
    for (name, text) in FILES {
        let marked = format!("\u{feff}{text}");
        for (encoding, bytes) in [
            ("utf-16le", u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ("utf-16be", u16::to_be_bytes),
        ] {
            sandbox.file(name, utf16(&marked, bytes));
            for args in [
                &[][..],
                &["--encoding", "utf-16"],
                &["--encoding", "latin-1"],
            ] {
                check(&sandbox, name, args);
            }
            sandbox.file(name, utf16(text, bytes));
            check(&sandbox, name, &["--encoding", encoding]);
            let zipped = format!("{name}.gz");
            sandbox.file(&zipped, gzip(&utf16(&marked, bytes)));
            check(&sandbox, &zipped, &["--strict"]);
        }
        sandbox.file(name, utf16(text, u16::to_le_bytes));
        check(&sandbox, name, &["--encoding", "UTF-16"]);
    }
}

#[test]
fn other_encodings_are_read_by_their_names() {
    let sandbox = Sandbox::new();
    for (name, text) in FILES {
        // 0x80 is the euro sign of windows-1252, and a control character of latin-1.
        let bytes: Vec<u8> = text
            .chars()
            .map(|c| if c == '€' { 0x80 } else { c as u8 })
            .collect();
        sandbox.file(name, &bytes);
        check(&sandbox, name, &["--encoding", "windows-1252"]);
        sandbox.file(&format!("{name}.gz"), gzip(&bytes));
        check(&sandbox, &format!("{name}.gz"), &["--encoding", "CP1252"]);
    }
    sandbox.file("l.txt", b"caf\xe9 \x80\n");
    let args = ["l.txt", "--job", "sort", "--output", "o.txt", "--encoding"];
    sandbox.done(&[&args[..], &["latin-1"]].concat());
    assert_eq!(sandbox.text("o.txt"), "café \u{80}\n");
    sandbox.file("l.txt", b"\x93\xfa\x96{\n");
    sandbox.done(&[&args[..], &["shift_jis"]].concat());
    assert_eq!(sandbox.text("o.txt"), "日本\n");
}

#[test]
fn a_mark_of_utf8_takes_precedence_and_an_empty_file_with_a_mark_has_no_records() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "\u{feff}é\n");
    sandbox.file("in/b.txt", b"\xe9\n");
    sandbox.file("in/c.txt", b"\xff\xfe");
    sandbox.file("in/d.txt", "");
    let sort = ["in", "--job", "sort", "--output", "o.txt"];
    sandbox.done(&[&sort[..], &["--encoding", "latin-1"]].concat());
    assert_eq!(sandbox.text("o.txt"), "é\né\n");
}

#[test]
fn a_whole_file_is_decoded_unless_it_is_read_as_utf8() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", utf16("\u{feff}é\nx", u16::to_be_bytes));
    let args = ["a.txt", "--format", "whole", "--output", "o.json"];
    let args = [&args[..], &["--tokenizer", "spaces"]].concat();
    sandbox.done(&args);
    assert_eq!(sandbox.text("o.json"), "{\n  \"é\\nx\": 1\n}\n");
    let bytes = sandbox.done(&[&args[..], &["--encoding", "utf-8"]].concat());
    assert!(bytes.out.contains("NUL bytes"), "{}", bytes.out);
}

#[test]
fn text_that_cannot_be_decoded_is_replaced_and_counted_and_strict_refuses_it() {
    let sandbox = Sandbox::new();
    let mut odd = utf16("\u{feff}k,n\na,1\nb,", u16::to_le_bytes);
    odd.push(b'2');
    sandbox.file("a.csv", &odd);
    let mut halves = utf16("\u{feff}a\n", u16::to_be_bytes);
    halves.extend(b"\xd8\x3d\0b\xde\x00\0\n");
    sandbox.file("a.txt", &halves);
    let csv = [
        "a.csv", "--job", "group-by", "--param", "key=k,n", "--output", "o.ndjson",
    ];
    let text = ["a.txt", "--job", "sort", "--output", "o.txt"];
    for (args, count, line) in [(&csv[..], 1, "a.csv: line 3"), (&text, 2, "a.txt: line 2")] {
        let ended = sandbox.done(args);
        let note = format!("note: {count} invalid");
        assert!(ended.out.contains(&note), "{}", ended.out);
        assert!(ended.err.contains(line), "{}", ended.err);
        let name = args[0];
        let line = line.split_once(": ").unwrap().1;
        sandbox.refused(&[args, &["--strict"]].concat(), 1, &[name, line]);
    }
    assert!(sandbox.text("o.ndjson").contains('\u{fffd}'));
    assert_eq!(sandbox.text("o.txt"), "a\n\u{fffd}b\u{fffd}\n");
}

#[test]
fn an_unknown_encoding_and_utf16_as_utf8_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", utf16("\u{feff}a\n", u16::to_le_bytes));
    for name in ["utf-7", "utf-32", "latin", ""] {
        let args = ["a.txt", "--encoding", name, "--output", "o.txt"];
        sandbox.refused(&args, 64, &["input.encoding", "latin-1", "windows-1252"]);
    }
    let args = ["a.txt", "--encoding", "utf-8", "--output", "o.txt"];
    sandbox.refused(&args, 66, &["a.txt", "UTF-16", "input.encoding=auto"]);
}

#[test]
fn utf16_without_a_mark_is_hinted_at() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", utf16("a few words\n", u16::to_le_bytes));
    let ended = sandbox.done(&["a.txt", "--output", "o.tsv"]);
    let hint = "set input.encoding";
    assert!(
        ended.err.contains(hint) && ended.err.contains("utf-16le"),
        "{}",
        ended.err
    );
}

#[test]
fn a_step_reads_the_result_of_the_step_before_as_utf8() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", b"caf\xe9\ncaf\xe9\n");
    let steps = "[[step]]\njob.name = \"sort\"\njob.output = \"o.txt\"\n\n[[step]]\njob.name = \"distinct\"\njob.params.mode = \"list\"\n";
    sandbox.file("job.toml", steps);
    sandbox.done(&[
        "a.txt",
        "--job-file",
        "job.toml",
        "--encoding",
        "latin-1",
        "--output",
        "d.txt",
    ]);
    assert_eq!(sandbox.text("d.txt"), "café\n");
}

#[test]
fn records_that_differ_in_bytes_stay_apart_in_every_job() {
    let sandbox = Sandbox::new();
    let table = b"k,v\ncaf\xe9,1\ncaf\xe8,2\ncaf\xe9,3\n";
    sandbox.file("a.csv", table);
    let read = |name: &str| std::fs::read(sandbox.path(name)).unwrap();
    sandbox.done(&[
        "a.csv", "--job", "group-by", "--param", "key=k", "--output", "o.tsv",
    ]);
    assert_eq!(read("o.tsv"), b"k\tcount\ncaf\xe8\t1\ncaf\xe9\t2\n");
    sandbox.done(&[
        "a.csv", "--job", "top", "--param", "key=k", "--output", "o.txt",
    ]);
    assert_eq!(read("o.txt"), b"caf\xe9\t2\ncaf\xe8\t1\n");
    let list = [
        "--param",
        "columns=k",
        "--param",
        "mode=list",
        "--output",
        "o.txt",
    ];
    sandbox.done(&[&["a.csv", "--job", "distinct"], &list[..]].concat());
    assert_eq!(read("o.txt"), b"caf\xe8\ncaf\xe9\n");
    let keys = [
        "--param",
        "left.key=k",
        "--param",
        "right.key=k",
        "--output",
        "o.ndjson",
    ];
    sandbox.done(&[&["a.csv", "a.csv", "--job", "join"], &keys[..]].concat());
    assert_eq!(sandbox.text("o.ndjson").lines().count(), 5);
    let grep = ["--param", "pattern=caf", "--output", "o.txt"];
    sandbox.done(&[&["a.csv", "--job", "grep", "--format", "text"], &grep[..]].concat());
    assert_eq!(read("o.txt"), table[4..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_sort_is_a_permutation_of_lines_of_any_bytes(
        lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 1..60),
        split in 1u32..200,
    ) {
        let clean = |line: &Vec<u8>| -> Vec<u8> {
            line.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect()
        };
        // The first line cannot look like another kind of file.
        let mut lines: Vec<_> = lines.iter().map(clean).collect();
        lines[0] = b"first".to_vec();
        let sandbox = Sandbox::new();
        sandbox.file("a.txt", [lines.join(&b'\n'), b"\n".to_vec()].concat());
        let split = split.to_string();
        sandbox.done(&["a.txt", "--job", "sort", "--split-size", &split, "--output", "o.txt"]);
        lines.sort();
        let expected = [lines.join(&b'\n'), b"\n".to_vec()].concat();
        prop_assert_eq!(std::fs::read(sandbox.path("o.txt")).unwrap(), expected);
    }
}
