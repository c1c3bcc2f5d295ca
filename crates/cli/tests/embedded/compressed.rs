//! Compressed input: intact, unusual and damaged.

use std::fs;
use std::io::Write;

use crate::exact::Set;
use crate::sandbox::{Sandbox, arg};

const KINDS: [&str; 4] = ["gz", "zst", "bz2", "xz"];
const COLUMN: [&str; 4] = ["--column", "text", "--output", "o.json"];

/// Compresses `bytes` to one member of a file.
fn member(bytes: &[u8], kind: &str) -> Vec<u8> {
    fn written<W: Write>(mut encoder: W, bytes: &[u8]) -> W {
        encoder.write_all(bytes).expect("written");
        encoder
    }
    match kind {
        "gz" => {
            let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            written(encoder, bytes).finish()
        }
        "zst" => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
            // Without a checksum, a changed byte may go unnoticed. The program `zstd` writes one too.
            encoder.include_checksum(true).expect("an option");
            written(encoder, bytes).finish()
        }
        "bz2" => {
            let encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            written(encoder, bytes).finish()
        }
        "xz" => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("an encoder");
            written(encoder, bytes).finish()
        }
        _ => panic!("no kind {kind}"),
    }
    .expect("compressed")
}

fn with_column<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &COLUMN].concat()
}

#[test]
fn compressed_copies_of_one_or_more_members_give_the_same_bytes() {
    for set in [Set::books(), Set::tweets()] {
        for kind in KINDS {
            let folder = set.sandbox.path(kind);
            for (at, file) in set.files().iter().enumerate() {
                let bytes = fs::read(file).unwrap();
                // A member may end inside a line or a cell.
                let parts = bytes.chunks(bytes.len() / (at % 3 + 1) + 1);
                let whole: Vec<_> = parts.flat_map(|part| member(part, kind)).collect();
                let name = file.file_name().unwrap().to_str().unwrap();
                set.sandbox.file(&format!("{kind}/{name}.{kind}"), whole);
            }
            set.check_inputs(&[arg(&folder)], &["--slots", "3"]);
            let cut = ["--split-size", "1KiB", "--chunk-lines", "7"];
            set.check_inputs(&[arg(&folder)], &cut);
        }
    }
}

#[test]
fn a_folder_may_mix_kinds_layouts_and_plain_files() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.csv.gz", member(b"id,text\n1,a\n", "gz"));
    sandbox.file("in/b.CSV.ZST", member(b"text,id\r\nb,2\r\n", "zst"));
    sandbox.file("in/c.txt.bz2", member(b"c,d", "bz2"));
    sandbox.file("in/d.gz", member(b"text,e\n", "gz"));
    sandbox.file("in/e.csv", "text\nf\n");
    sandbox.file("in/f.txt", "g");
    sandbox.done(&with_column(&["in", "--tokenizer", "spaces"]));
    let words = ["a", "b", "c,d", "f", "g", "text,e"].map(|word| format!("  {word:?}: 1"));
    let expected = format!("{{\n{}\n}}\n", words.join(",\n"));
    assert_eq!(sandbox.text("o.json"), expected);
}

#[test]
fn the_selected_format_takes_precedence_over_the_file_name() {
    let sandbox = Sandbox::new();
    sandbox.file("a.gz", member(b"id,text\n1,a\n", "gz"));
    sandbox.done(&with_column(&["a.gz", "--format", "csv"]));
    assert_eq!(sandbox.text("o.json"), "{\n  \"a\": 1\n}\n");
}

#[test]
fn the_first_bytes_of_a_file_decide_about_compression() {
    for kind in KINDS {
        let sandbox = Sandbox::new();
        sandbox.file("in/a.log", member(b"red blue\n", kind));
        sandbox.file("in/b.csv", member(b"id,text\n1,red\n", kind));
        sandbox.file("in/c", member(b"red\n", kind));
        sandbox.file("in/d.txt", "red\n");
        sandbox.done(&with_column(&["in"]));
        let expected = "{\n  \"red\": 4,\n  \"blue\": 1\n}\n";
        assert_eq!(sandbox.text("o.json"), expected, "{kind}");
    }
}

#[test]
fn other_kinds_of_files_are_refused_whatever_their_names_are() {
    let sandbox = Sandbox::new();
    let tar = [vec![b'a'; 257], b"ustar\0".to_vec(), vec![0; 300]].concat();
    let utf32: Vec<u8> = "\u{feff}red\n"
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let kinds: [(&str, Vec<u8>, &[&str]); 7] = [
        (
            "a.txt",
            b"PK\x03\x04\x14\0a.txt".to_vec(),
            &["zip archive", "unpack"],
        ),
        (
            "a.log",
            b"PK\x03\x04\x14\0xl/a".to_vec(),
            &["Excel", "save it as CSV"],
        ),
        ("a.csv", b"PAR1....PAR1".to_vec(), &["Parquet", ".parquet"]),
        ("a\nb.txt", utf32, &["a\\nb.txt", "UTF-32", "iconv"]),
        (
            "a.ndjson",
            b"7z\xbc\xaf\x27\x1c\0".to_vec(),
            &["7z archive"],
        ),
        ("b.txt", member(&tar, "gz"), &["gzip", "tar archive"]),
        ("a", b"\x04\x22\x4d\x18\x60".to_vec(), &["lz4"]),
    ];
    for (name, bytes, parts) in kinds {
        sandbox.file(name, bytes);
        sandbox.refused(&with_column(&[name]), 66, parts);
        fs::remove_file(sandbox.path(name)).unwrap();
    }
}

#[test]
fn a_long_window_is_read_up_to_the_limit_of_a_setting() {
    let sandbox = Sandbox::new();
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(b"red\n").unwrap();
    sandbox.file("a.zst", encoder.finish().unwrap());
    let parts = ["a.zst", "134217728 bytes", "input.max_window"];
    sandbox.refused(&with_column(&["a.zst"]), 1, &parts);
    sandbox.done(&with_column(&["a.zst", "--set", "input.max_window=256MiB"]));
    assert_eq!(sandbox.text("o.json"), "{\n  \"red\": 1\n}\n");
    for wrong in ["3GiB", "0", "x"] {
        let set = format!("input.max_window={wrong}");
        sandbox.refused(&["--set", &set], 64, &["input.max_window", "1MiB to 2GiB"]);
    }
}

#[test]
fn any_header_is_skipped() {
    for kind in KINDS {
        let sandbox = Sandbox::new();
        let name = format!("a.csv.{kind}");
        for (text, expected) in [
            ("", "{}\n"),
            ("text", "{}\n"),
            ("\n\r\nid,text\r\n", "{}\n"),
            ("\u{feff}\"text\",id\na,1\n", "{\n  \"a\": 1\n}\n"),
            ("\"i\nd\",text\n1,\"a\n a\"", "{\n  \"a\": 2\n}\n"),
        ] {
            // A member may end inside the header or be empty.
            let (head, rest) = text.as_bytes().split_at(text.len().min(2));
            let members = [b"", head, rest].map(|part| member(part, kind));
            sandbox.file(&name, members.concat());
            sandbox.done(&with_column(&[&name]));
            assert_eq!(sandbox.text("o.json"), expected, "{kind} {text:?}");
        }
        let parts = ["missing column", "\"id\", \"author\""];
        sandbox.file(&name, member(b"id,author\n1,2\n", kind));
        sandbox.refused(&with_column(&[&name]), 66, &[&name, parts[0], parts[1]]);
    }
}

#[test]
fn a_compressed_text_of_nothing_has_no_words() {
    for kind in KINDS {
        let sandbox = Sandbox::new();
        let name = format!("a.txt.{kind}");
        sandbox.file(&name, member(b"", kind));
        sandbox.done(&with_column(&[&name]));
        assert_eq!(sandbox.text("o.json"), "{}\n");
        // A compressed file of zero bytes is truncated; an empty file still has a header.
        sandbox.file(&name, "");
        let parts = [&name, "not valid", "it is empty", "truncated"];
        sandbox.refused(&with_column(&[&name]), 66, &parts);
    }
}

#[test]
fn a_damaged_file_ends_the_job_once_with_the_cause() {
    // Longer than what the planner decompresses for a header, and hard to compress.
    let row = |n: u32| format!("{n},{:x}\n", n.wrapping_mul(2_654_435_761));
    let rows: String = (0..60_000).map(row).collect();
    let text = format!("id,text\n{rows}");
    for (kind, called) in KINDS.into_iter().zip(["gzip", "zstd", "bzip2", "xz"]) {
        let sandbox = Sandbox::new();
        let whole = member(text.as_bytes(), kind);
        let valid = format!("is not valid {called}: ");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0x55;
        let odd = [
            whole[..whole.len() - 1].to_vec(),
            whole[..whole.len() * 2 / 3].to_vec(),
            flipped,
            [&whole[..], b"garbage"].concat(),
        ];
        for bytes in odd {
            for name in [format!("a.txt.{kind}"), format!("a.csv.{kind}")] {
                sandbox.file(&name, &bytes);
                let parts = [&name, &valid, "damaged or truncated"];
                let told = sandbox.refused(&with_column(&[&name]), 1, &parts);
                assert!(!told.contains("attempt"), "no other can succeed: {told}");
                fs::remove_file(sandbox.path(&name)).unwrap();
            }
        }
        // Planning reads the header and so notices a file that is not compressed at all.
        let name = format!("a.csv.{kind}");
        sandbox.file(&name, &text);
        let parts = [&name, "not compressed with", called, "its name"];
        sandbox.refused(&with_column(&[&name]), 66, &parts);
        assert_eq!(sandbox.names(""), [name], "nothing is left behind");
    }
}

#[test]
fn records_that_are_wrong_are_named_by_their_line_in_the_text() {
    let long = "x".repeat(1 << 20);
    let lines = "\n".repeat(300_000);
    for kind in KINDS {
        let sandbox = Sandbox::new();
        let check = |name: &str, text: &str, flags: &[&str], code: i32, parts: &[&str]| {
            let name = format!("{name}.{kind}");
            sandbox.file(&name, member(text.as_bytes(), kind));
            let parts = [&[name.as_str()], parts].concat();
            let flags = [&[name.as_str()], flags].concat();
            sandbox.refused(&with_column(&flags), code, &parts);
        };
        let limit = ["--set", "input.max_record=1MiB"];
        let parts = ["line 300001", "1048576 bytes", "input.max_record"];
        check("a.txt", &format!("{lines}{long}\n"), &limit, 1, &parts);
        let text = format!("\"i\nd\",text\n1,\"b\nb\"\n2,{long}\n");
        let parts = ["line 5", "1048576 bytes", "input.max_record"];
        check("a.csv", &text, &limit, 1, &parts);
        let parts = ["line 1", "header", "input.max_record"];
        check("b.csv", &format!("{long}x"), &limit, 66, &parts);
        let parts = ["line 4", "quoted cell", "never ends"];
        check("c.csv", "id,text\n1,\"a\nb\"\n2,\"c\n3,d\n", &[], 1, &parts);
        let parts = ["line 1", "quoted cell", "never ends"];
        check("d.csv", "id,\"text\n1,a\n", &[], 66, &parts);
        let parts = ["line 3", "fewer cells", "input.strict"];
        check("e.csv", "id,text\n1,a\n2\n3,b\n", &["--strict"], 1, &parts);
    }
}

#[test]
fn a_record_that_decompresses_to_a_gigabyte_is_refused_without_being_held() {
    let sandbox = Sandbox::new();
    // A thousand members of 1 MiB each, without a newline.
    let zeros = member(&vec![0; 1 << 20], "zst");
    sandbox.file(
        "a.txt.zst",
        [member(b"one\n", "zst"), zeros.repeat(1 << 10)].concat(),
    );
    let parts = ["a.txt.zst", "line 2", "268435456 bytes", "input.max_record"];
    sandbox.refused(&with_column(&["a.txt.zst"]), 1, &parts);
}
