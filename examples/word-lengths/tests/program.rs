//! The program runs its own job and the built-in jobs.

use std::fs;
use std::process::Command;

const TEXT: &str = "a ship, a sea\nÜber\n\nthe end\n";

#[test]
fn the_program_runs_its_own_job_and_the_built_in_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.txt"), TEXT).unwrap();
    for (job, expected) in [
        ("word-lengths", "key\tvalue\n1\t2\n3\t3\n4\t1\n5\t1\n"),
        ("line-count", "file\tlines\na.txt\t4\n"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_word-lengths"))
            .args(["run", "a.txt", "--job", job, "--output", "out.tsv"])
            .args(["--split-size", "8B", "--set", "job.reduces=2"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        assert_eq!(fs::read_to_string(at("out.tsv")).unwrap(), expected);
    }
}
