//! The subcommands of `mapreduce` that belong to a cluster, with a real Redis.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use testkit::RedisServer;

/// The program in `folder`, with its arguments and without any settings of the environment.
fn mapreduce(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mapreduce"));
    command
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null());
    command
}

fn output(folder: &Path, args: &[&str]) -> Output {
    mapreduce(folder, args)
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn master_and_worker_run_a_job_together() {
    let redis = RedisServer::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("input")).expect("a folder");
    fs::write(folder.path().join("input/a.txt"), "b a b\n").expect("a file");
    let (url, output_file) = (redis.url(), "result.csv");
    let args = |program| [program, "--redis-url", &url, "--output", output_file];

    let worker = mapreduce(folder.path(), &args("worker"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the worker starts");
    let master = output(folder.path(), &args("master"));
    assert_eq!(master.status.code(), Some(0), "{}", stderr(&master));
    let worker = worker.wait_with_output().expect("the worker ends");
    assert_eq!(worker.status.code(), Some(0), "{}", stderr(&worker));
    let result = fs::read_to_string(folder.path().join(output_file)).expect("the result");
    assert!(result.contains("b,2") && result.contains("a,1"), "{result}");

    let status = output(folder.path(), &["status", "--redis-url", &url]);
    assert_eq!(status.status.code(), Some(0), "{}", stderr(&status));
    let health = output(folder.path(), &["health", "--redis-url", &url]);
    let text = String::from_utf8_lossy(&health.stdout);
    assert!(text.contains("is usable"), "{text}");
}

#[test]
fn programs_of_a_cluster_end_with_69_without_redis() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("input")).expect("a folder");
    fs::write(folder.path().join("input/a.txt"), "a\n").expect("a file");
    for program in ["master", "worker", "status", "health"] {
        // Port 1 refuses connections at once.
        let args = [
            program,
            "--redis-url",
            "redis://127.0.0.1:1",
            "--set",
            "redis.deadline=0",
        ];
        let ended = output(folder.path(), &args);
        assert_eq!(
            ended.status.code(),
            Some(69),
            "{program}: {}",
            stderr(&ended)
        );
    }
}

#[test]
fn every_program_names_a_wrong_setting_and_ends_with_64() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for program in ["run", "master", "worker", "status", "health"] {
        let ended = output(folder.path(), &[program, "--slots", "none"]);
        assert_eq!(ended.status.code(), Some(64), "{program}");
        let message = stderr(&ended);
        assert!(
            message.starts_with("error: worker.slots: \"none\" is not "),
            "{program}: {message}"
        );
    }
}

#[test]
fn help_lists_all_subcommands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let help = output(folder.path(), &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8_lossy(&help.stdout);
    for program in ["run", "master", "worker", "status", "health", "jobs"] {
        assert!(
            text.contains(&format!("\n  {program} ")),
            "{program}: {text}"
        );
    }
}

#[test]
fn show_prints_a_table_and_names_what_it_cannot_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a.csv"), "key,count\n\"x, y\",3\n").expect("a file");
    let shown = output(folder.path(), &["show", "a.csv"]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    assert_eq!(
        String::from_utf8_lossy(&shown.stdout),
        "key   count\nx, y  3\n"
    );
    for (file, code) in [("missing.csv", 66), ("a.json", 64)] {
        let refused = output(folder.path(), &["show", file]);
        assert_eq!(refused.status.code(), Some(code), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(file), "{}", stderr(&refused));
    }
}
