//! Inputs that are missing, unusual or empty.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::sandbox::Sandbox;

const OUT: [&str; 2] = ["--output", "o.json"];

fn with_out<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &OUT].concat()
}

#[test]
fn a_missing_input_is_named_with_its_setting() {
    let sandbox = Sandbox::new();
    sandbox.refused(
        &with_out(&["nowhere"]),
        66,
        &["nowhere", "no such file", "job.input"],
    );
    sandbox.refused(&with_out(&[]), 66, &["input/", "no such file", "job.input"]);
    sandbox.file("a.txt", "a");
    sandbox.refused(
        &with_out(&["a.txt", "b.txt"]),
        66,
        &["b.txt", "no such file"],
    );
    assert_eq!(sandbox.names(""), ["a.txt"], "nothing is left behind");
}

#[test]
fn a_folder_without_readable_files_is_an_error_that_lists_what_is_ignored() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("in")).unwrap();
    sandbox.refused(&with_out(&["in"]), 66, &["in: ", "no input files"]);
    sandbox.file("in/.hidden", "a");
    sandbox.file("in/_SUCCESS", "a");
    sandbox.file("in/below/a.txt", "a");
    sandbox.refused(
        &with_out(&["in"]),
        66,
        &["in: ", "hidden", "_", "subfolders"],
    );
}

#[test]
fn an_input_that_cannot_be_opened_is_named() {
    for (target, why) in [("nowhere", "No such file"), ("link.txt", "symbolic link")] {
        let sandbox = Sandbox::new();
        sandbox.file("in/a.txt", "a");
        symlink(target, sandbox.path("in/link.txt")).unwrap();
        let line = sandbox.refused(
            &with_out(&["in"]),
            66,
            &["in/link.txt", "cannot be read", why],
        );
        assert!(
            !line.contains("job.input"),
            "the input itself is there: {line}"
        );
    }
}

#[test]
fn a_pipe_or_socket_in_a_folder_is_rejected_without_waiting() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("in")).unwrap();
    let made = Command::new("mkfifo").arg(sandbox.path("in/pipe")).status();
    assert!(made.unwrap().success());
    let parts = ["in/pipe", "neither a file nor a folder"];
    sandbox.refused(&with_out(&["in"]), 66, &parts);
    sandbox.refused(&with_out(&["/dev/null"]), 66, &["/dev/null", parts[1]]);
    fs::remove_file(sandbox.path("in/pipe")).unwrap();
    let _socket = UnixListener::bind(sandbox.path("in/socket")).unwrap();
    sandbox.refused(
        &with_out(&["in"]),
        66,
        &["in/socket", "neither a file nor a folder"],
    );
}

#[test]
fn archives_and_unknown_compressions_are_rejected_with_advice() {
    let sandbox = Sandbox::new();
    for name in ["a.csv.lz4", "a.ZIP", "a.tgz", "a.tar.gz", "a.txt.gz.zst"] {
        sandbox.file(&format!("in/{name}"), "a");
        sandbox.refused(&with_out(&["in"]), 66, &[name, "compression", "decompress"]);
        fs::remove_file(sandbox.path(&format!("in/{name}"))).unwrap();
    }
}

#[test]
fn a_file_name_that_is_not_utf8_is_rejected_unless_the_file_is_hidden() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "a");
    let file = |name: &[u8]| sandbox.path("in").join(OsStr::from_bytes(name));
    fs::write(file(b".\xff"), "b").unwrap();
    sandbox.done(&with_out(&["in"]));
    assert_eq!(sandbox.text("o.json"), "{\n  \"a\": 1\n}\n");
    fs::write(file(b"caf\xe9.txt"), "c").unwrap();
    sandbox.refused(
        &with_out(&["in"]),
        66,
        &["in/caf", "not valid UTF-8", "rename"],
    );
}

#[test]
fn names_may_contain_spaces_and_any_script_and_be_links() {
    let sandbox = Sandbox::new();
    sandbox.file("with space/a b.txt", "a");
    sandbox.file("with space/naïve – 数.txt", "a b");
    sandbox.file("with space/-line\nbreak", "c");
    sandbox.file("elsewhere/target", "d\n");
    symlink("../elsewhere/target", sandbox.path("with space/link")).unwrap();
    symlink("with space", sandbox.path("way")).unwrap();
    sandbox.done(&with_out(&["way", "with space/a b.txt"]));
    let expected = "{\n  \"a\": 3,\n  \"b\": 1,\n  \"c\": 1,\n  \"d\": 1\n}\n";
    assert_eq!(sandbox.text("o.json"), expected);
}

#[test]
fn empty_files_have_no_words() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "");
    sandbox.file("in/b.csv", "");
    for tokenizer in ["words", "spaces"] {
        let ended = sandbox.done(&with_out(&["in", "--tokenizer", tokenizer]));
        assert_eq!(sandbox.text("o.json"), "{}\n");
        assert!(ended.out.contains("0 words"), "{}", ended.out);
    }
    sandbox.file("in/c.txt", "a");
    sandbox.done(&with_out(&["in"]));
    assert_eq!(sandbox.text("o.json"), "{\n  \"a\": 1\n}\n");
}

#[test]
fn invalid_utf8_and_nul_bytes_are_counted_and_reported() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", b"caf\xe9 \xff\xfe\nx\0y \0\n");
    let ended = sandbox.done(&with_out(&["a.txt", "--tokenizer", "spaces"]));
    let notes = ["3 invalid UTF-8 sequences were found", "2 NUL bytes"];
    for note in notes {
        assert!(ended.out.contains(note), "{}", ended.out);
    }
    let expected = "{\n  \"\\u0000\": 1,\n  \"caf\u{fffd}\": 1,\n  \"x\\u0000y\": 1,\n  \"\u{fffd}\u{fffd}\": 1\n}\n";
    assert_eq!(sandbox.text("o.json"), expected);
}
