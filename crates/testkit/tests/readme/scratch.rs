//! Scratch folder in which the commands of a page run as in a fresh clone.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use tempfile::TempDir;
use testkit::{DEADLINE, PROGRAMS_ARE_BUILT, Process, RedisServer, eventually};

use crate::markdown::Command;
use crate::pages::collect;

/// Time limit of a command, which may build the whole project.
const BUILD: Duration = Duration::from_secs(1200);
/// Address of Redis on the pages.
const REDIS: &str = "127.0.0.1:6379";

/// A folder with the sample input, the examples and the programs in `target/release`. It may have a Redis and workers.
///
/// The field of the workers comes before that of Redis, so that they are dropped first.
#[derive(Debug)]
pub(crate) struct Scratch {
    workers: Vec<Process>,
    redis: Option<RedisServer>,
    folder: TempDir,
    target: PathBuf,
    logs: usize,
    is_built: bool,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let input = folder.path().join("input");
        fs::create_dir(&input).expect("a folder in our own folder");
        for file in fs::read_dir(root().join("input")).expect("the sample input") {
            let file = file.expect("a file of the sample");
            fs::copy(file.path(), input.join(file.file_name())).expect("the sample can be copied");
        }
        // A link is enough: no command writes to the examples.
        symlink(root().join("examples"), folder.path().join("examples"))
            .expect("a link in our own folder");
        let test = env::current_exe().expect("a test has a path");
        let built = test
            .ancestors()
            .nth(2)
            .expect("tests lie in PROFILE/deps")
            .to_path_buf();
        fs::create_dir(folder.path().join("target")).expect("a folder in our own folder");
        symlink(&built, folder.path().join("target/release")).expect("a link in our own folder");
        Self {
            workers: Vec::new(),
            redis: None,
            folder,
            target: built,
            logs: 0,
            is_built: false,
        }
    }

    /// Builds the programs, once. Pages without commands to run need none.
    fn build(&mut self) {
        if !self.is_built && env::var_os(PROGRAMS_ARE_BUILT).is_none() {
            self.is_built = true;
            self.shell(
                "cargo build -p mapreduce-cli -p mapreduce-master -p mapreduce-worker",
                0,
            );
        }
    }

    /// Starts the Redis that all later commands use.
    pub(crate) fn server(&mut self, arguments: &[String]) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.redis = Some(RedisServer::start_with(&arguments));
    }

    /// Starts a Redis for commands that need one, unless the page has started its own.
    fn ensure_server(&mut self, text: &str) {
        let mut words = text.split(' ');
        let needs_redis =
            words.any(|word| ["redis-cli", "master", "health", "status"].contains(&word));
        if needs_redis && self.redis.is_none() {
            self.server(&[]);
        }
    }

    /// Runs a command, which must succeed and print what the page shows.
    pub(crate) fn run(&mut self, command: &Command, location: &str) {
        self.build();
        self.ensure_server(&command.text);
        let output = self.shell(&command.text, 0);
        command.check_output(&output, location);
        if command.text.starts_with("export PATH=") {
            self.shell(
                &format!("{} && command -v mapreduce master worker", command.text),
                0,
            );
        }
    }

    /// Runs a command that must end with code 0 and print its usage.
    pub(crate) fn help(&mut self, line: &str, location: &str) {
        let output = self.shell(line, 0);
        assert!(output.contains("Usage: "), "{location}: {output}");
    }

    /// Starts a worker and waits until it is ready for a job. It pauses in each task, so that all workers take part in
    /// the job that follows.
    pub(crate) fn background(&mut self, text: &str) {
        self.build();
        let line = format!("exec env {}", self.here(text));
        let mut command = self.bash(&line);
        command.env("MAPREDUCE__WORKER__SLOW", "500ms");
        let log = self.log();
        self.workers.push(Process::start(&mut command, &log));
        let redis = self
            .redis
            .as_ref()
            .expect("a Redis is started before a worker");
        let waiting = || redis.cli(&["CLIENT", "LIST"]).matches("cmd=xread ").count();
        eventually(DEADLINE, "all workers wait for a job", || {
            waiting() == self.workers.len()
        });
    }

    /// Runs a line of shell, which must end with `code`, and returns its output.
    pub(crate) fn shell(&mut self, line: &str, code: i32) -> String {
        let line = self.here(line);
        let mut process = Process::start(&mut self.bash(&line), &self.log());
        let ended = process.exit_within(BUILD);
        let output = process.log();
        assert_eq!(ended, code, "{line}\n{output}");
        output
    }

    /// Waits for the workers, which must end with code 0.
    pub(crate) fn end(mut self) {
        for worker in &mut self.workers {
            assert_eq!(worker.exit(), 0, "{}", worker.log());
        }
    }

    /// Returns `line` with the Redis and the profile of this folder.
    fn here(&self, line: &str) -> String {
        if env::var_os(PROGRAMS_ARE_BUILT).is_some() {
            return self.with_redis(use_built_programs(line, &self.target));
        }
        let alias = "cargo run --quiet --package xtask --";
        let line = line.replace("cargo xtask", alias).replace(" --release", "");
        let profile = if self.target.ends_with("release") {
            " --release"
        } else {
            ""
        };
        let target = self
            .target
            .parent()
            .expect("a profile lies in the target folder");
        let manifest = root().join("Cargo.toml");
        let options = format!(
            "{profile} --manifest-path '{}' --target-dir '{}'",
            manifest.display(),
            target.display()
        );
        let line = line.replace("cargo run", &format!("cargo run{options}"));
        self.with_redis(line.replace("cargo build", &format!("cargo build{options}")))
    }

    /// Returns `line` with the port of the Redis of this folder.
    fn with_redis(&self, line: String) -> String {
        let Some(redis) = &self.redis else {
            return line;
        };
        let port = redis.port().to_string();
        line.replace(REDIS, &format!("127.0.0.1:{port}"))
            .replace("redis-cli ", &format!("redis-cli -p {port} "))
    }

    fn bash(&self, line: &str) -> process::Command {
        let mut command = process::Command::new("bash");
        command.args(["-c", line]).current_dir(self.folder.path());
        for (name, _) in env::vars_os() {
            // Settings of the caller of the tests must not reach the commands.
            if name == "REDIS_URL" || name.to_string_lossy().starts_with("MAPREDUCE__") {
                command.env_remove(name);
            }
        }
        let path = env::var("PATH").expect("a PATH");
        command.env(
            "PATH",
            format!(
                "{}:{path}",
                self.folder.path().join("target/release").display()
            ),
        );
        // Without a terminal, redis-cli prints a format for programs; this makes it print that of a terminal.
        command.env("FAKETTY", "1");
        if let Some(redis) = &self.redis {
            // Commands without an address use this one.
            command.env("REDIS_URL", redis.url());
        }
        command
    }

    fn log(&mut self) -> PathBuf {
        self.logs += 1;
        self.folder.path().join(format!("{}.log", self.logs))
    }
}

/// Root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns whether a crate of the workspace has this name.
pub(crate) fn package_exists(name: &str) -> bool {
    let mut manifests = Vec::new();
    for top in ["crates", "examples"] {
        collect(Path::new(top), "toml", &mut manifests);
    }
    let line = format!("name = \"{name}\"");
    let names = |path: PathBuf| fs::read_to_string(root().join(path)).unwrap_or_default();
    manifests
        .into_iter()
        .map(names)
        .any(|manifest| manifest.lines().any(|found| found == line))
}

/// Returns whether `path` is a file that may be executed.
pub(crate) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o100 != 0)
}

/// Returns `line` with the programs of `folder` in place of cargo's commands. Cargo would build them again with the
/// features of a smaller build, for minutes. `.ci/readme` runs such commands by cargo. Of a build, the packages are checked.
fn use_built_programs(line: &str, folder: &Path) -> String {
    let folder = folder.display();
    if line.starts_with("cargo build") {
        let manifest = root().join("Cargo.toml");
        let manifest = manifest.display();
        let packages = line.split(" -p ").skip(1);
        let checks =
            packages.map(|name| format!("cargo pkgid --manifest-path '{manifest}' {name}"));
        return checks.collect::<Vec<_>>().join(" && ");
    }
    // `cargo xtask simulate` builds this program and runs it with its own arguments.
    let line = line.replace("cargo xtask simulate", &format!("'{folder}/simulation'"));
    let line = line.replace("cargo xtask", &format!("'{folder}/xtask'"));
    let line = line.replace("cargo run --release", "cargo run");
    let Some((before, after)) = line.split_once("cargo run") else {
        return line;
    };
    let after = after.trim_start();
    let (program, arguments) = match after.strip_prefix("-p ") {
        Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
        None => ("mapreduce", after),
    };
    let arguments = arguments.strip_prefix("--").unwrap_or(arguments);
    format!("{before}'{folder}/{program}' {}", arguments.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_programs_replace_the_commands_of_cargo() {
        for (line, expected) in [
            ("cargo run --release", "'/t/mapreduce' "),
            ("cargo run --release -p a -- run x", "'/t/a' run x"),
            (
                "cargo xtask gen-data --rows 1",
                "'/t/xtask' gen-data --rows 1",
            ),
            ("cargo xtask simulate --help", "'/t/simulation' --help"),
            ("mapreduce jobs", "mapreduce jobs"),
        ] {
            assert_eq!(use_built_programs(line, Path::new("/t")), expected);
        }
    }
}
