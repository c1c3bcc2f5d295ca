//! The job in memory, and the program.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use mapreduce::job::testing::Trial;

const TEXT: &str = "a ship, a sea\nÜber\n\nthe end\n";

#[test]
fn words_are_counted_by_their_letters() {
    let outcome = Trial::new(Arc::new(word_lengths::job()))
        .input("a.txt", TEXT)
        .splits(3)
        .reduces(2)
        .run()
        .unwrap();
    let expected = [("1", "2"), ("3", "3"), ("4", "1"), ("5", "1")];
    assert_eq!(
        outcome.rows,
        expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
}

#[test]
fn the_program_runs_it_and_those_that_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.txt"), TEXT).unwrap();
    for (job, expected) in [
        ("word-lengths", "1\t2\n3\t3\n4\t1\n5\t1\n"),
        ("line-count", "a.txt\t4\n"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_word-lengths"))
            .args(["run", "a.txt", "--job", job, "--output", "out.tsv"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        assert_eq!(fs::read_to_string(at("out.tsv")).unwrap(), expected);
    }
}
