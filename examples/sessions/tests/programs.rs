//! The program on the sample in `input/`, in one process and as a cluster. The expected files were computed in another
//! language.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use testkit::{Process, RedisServer};

const INPUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input");

fn check_output(folder: &TempDir) {
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("out.csv"), include_str!("expected/sessions.csv"));
    assert_eq!(
        read("out.bounces.csv"),
        include_str!("expected/bounces.csv")
    );
}

/// Returns a subcommand of the program with the settings that all of them share.
fn program(subcommand: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
    command.arg(subcommand);
    command.env_remove("REDIS_URL").current_dir(folder);
    command.args([INPUT, "--job", "sessions", "--output", "out.csv"]);
    command.args(["--split-size", "200B", "--set", "job.reduces=3"]);
    command
}

#[test]
fn one_process_gives_the_expected_files() {
    let folder = tempfile::tempdir().unwrap();
    let run = program("run", folder.path()).output().unwrap();
    let stdout = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{run:?}");
    assert!(
        stdout.contains("counter: sessions:views_without_time = 1"),
        "{stdout}"
    );
    check_output(&folder);
}

#[test]
fn a_master_and_two_workers_give_the_expected_files() {
    let folder = tempfile::tempdir().unwrap();
    let redis = RedisServer::start();
    let start = |subcommand: &str, log: &str| {
        let mut command = program(subcommand, folder.path());
        command.args(["--redis-url", &redis.url()]);
        Process::start(&mut command, &folder.path().join(log))
    };
    let mut workers = [start("worker", "first.log"), start("worker", "second.log")];
    let mut master = start("master", "master.log");
    assert_eq!(master.exit(), 0, "{}", master.log());
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0, "{}", worker.log());
    }
    check_output(&folder);
}
