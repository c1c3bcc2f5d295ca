//! A crate outside of this workspace with one dependency and one `main` is a whole program: it runs its own job and the
//! built-in jobs, and it is also the master and the worker of a cluster.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = r#"[package]
name = "line-lengths"
version = "0.1.0"
edition = "2024"

[dependencies]
mapreduce = { path = "PATH" }

[workspace]
"#;

const MAIN: &str = r#"use std::process::ExitCode;

use mapreduce::{Emitter, JobError, JobInfo, Mapper, Record, define};

#[derive(Default)]
struct Lengths;

impl Mapper for Lengths {
    type Key = str;
    type Value = u64;

    fn map(&mut self, line: &Record<'_>, out: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
        out.emit(&line.bytes().len().to_string(), &1);
        Ok(())
    }
}

fn main() -> ExitCode {
    let mut registry = mapreduce::registry();
    let info = JobInfo::new("line-lengths", "counts the lines of each length");
    registry.add(define(info).mapper(Lengths::default).sum());
    mapreduce::main(registry)
}
"#;

/// Builds the crate in the target folder of the workspace, and returns its program.
fn build(folder: &Path) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..");
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => root.join(target),
        None => root.join("target"),
    };
    fs::create_dir(folder.join("src")).unwrap();
    let manifest = MANIFEST.replace("PATH", &here.display().to_string());
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), MAIN).unwrap();
    // The versions of the workspace, which are there already.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target)
        // As in the workspace, so that dependencies with the same features are not built again.
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the crate does not build: {errors}");
    target.join("debug/line-lengths")
}

#[test]
fn a_crate_with_one_dependency_is_a_whole_program() {
    let folder = tempfile::tempdir().unwrap();
    let program = build(folder.path());
    let run = |args: &[&str]| {
        let output = Command::new(&program)
            .args(args)
            .current_dir(folder.path())
            .env_remove("REDIS_URL")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text, errors)
    };
    fs::write(folder.path().join("a.txt"), "to be\nor not\nto be\n").unwrap();

    let (code, _, errors) = run(&["run", "a.txt", "--job", "line-lengths", "--output", "l.tsv"]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(
        fs::read_to_string(folder.path().join("l.tsv")).unwrap(),
        "key\tcount\n5\t2\n6\t1\n"
    );

    let (code, _, errors) = run(&["run", "a.txt", "--job", "line-count", "--output", "c.tsv"]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(
        fs::read_to_string(folder.path().join("c.tsv")).unwrap(),
        "file\tlines\na.txt\t3\n"
    );

    let (_, jobs, _) = run(&["jobs"]);
    for job in ["line-lengths", "word-count", "grep", "streaming"] {
        assert!(
            jobs.contains(job),
            "{job} is not in the list of jobs: {jobs}"
        );
    }
    for subcommand in ["master", "worker"] {
        let (code, help, errors) = run(&[subcommand, "--help"]);
        assert_eq!(code, Some(0), "{errors}");
        assert!(help.contains("--redis-url"), "{subcommand}: {help}");
    }
}
