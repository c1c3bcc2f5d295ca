//! Jobs of commands on clusters.
//!
//! # Layout
//! - `lab`: what a lab course of MapReduce asks of such a program: all at once, nothing twice, nobody goes too early,
//!   commands that fail by chance.
//! - `habits`: what scripts written for Hadoop and for libraries on top of it rely on.
//! - `scripts`: mappers and reducers, which the tests ship with `--files`.

mod habits;
mod lab;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// A job of commands, and a cluster for it.
struct Trial {
    data: Data,
    cluster: Cluster,
    args: Vec<String>,
}

impl Trial {
    /// The books in some 25 map tasks and three reduce tasks; `mapper` and `reducer` are scripts with their
    /// arguments.
    fn new(mapper: &str, reducer: &str) -> Self {
        Self::with(mapper, reducer, |config| config)
    }

    /// With settings for all processes.
    fn with(mapper: &str, reducer: &str, settings: impl Fn(Config) -> Config) -> Self {
        let data = Data::books(Tokenizer::Words).unchecked();
        let config = Config::new(data.clone());
        let config = config
            .set("input.split_size", "64KiB")
            .set("job.reduces", "3");
        let cluster = settings(config).start();
        let shared = cluster.folder().join("shared");
        fs::create_dir(&shared).unwrap();
        let output = cluster.folder().join("o.txt");
        let mut args = vec![
            format!("--mapper={mapper}"),
            format!("--reducer={reducer}"),
            format!("--param=env.SHARED={}", shared.display()),
            format!("--output={}", output.display()),
        ];
        let mut files: Vec<_> = [mapper, reducer]
            .map(script_of)
            .into_iter()
            .flatten()
            .collect();
        files.dedup();
        args.extend(
            files
                .iter()
                .map(|file| format!("--files={}", file.display())),
        );
        Self {
            data,
            cluster,
            args,
        }
    }

    fn param(mut self, param: &str) -> Self {
        self.args.push(format!("--param={param}"));
        self
    }

    fn master(&self) -> Process {
        let args: Vec<_> = self.args.iter().map(String::as_str).collect();
        self.cluster.start("master", &args, &[])
    }

    /// Names of what scripts have left in their shared folder.
    fn shared(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cluster.folder().join("shared")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn output(&self) -> PathBuf {
        self.cluster.folder().join("o.txt")
    }

    /// Checks that the result has the lines of `expected`, in whatever order.
    fn assert_lines(&self, expected: &str) {
        let found = fs::read_to_string(self.output()).unwrap();
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let (found, expected) = (sorted(&found), sorted(expected));
        assert!(!expected.is_empty());
        let other = found
            .iter()
            .zip(&expected)
            .find(|(found, expected)| found != expected);
        assert_eq!(other, None, "the first difference");
        assert_eq!(found.len(), expected.len());
    }

    /// Checks that all processes end well.
    fn assert_ends_well(&self, mut master: Process, workers: &mut [Process]) -> Process {
        assert_eq!(master.exit(), 0);
        assert_eq!(self.cluster.pending(), 0);
        for worker in workers {
            assert_eq!(worker.exit(), 0);
        }
        master
    }

    /// What a sequential run gives: mapper after mapper, one sort, one reducer.
    fn sequential(&self, mapper: &str, reducer: &str) -> String {
        let pipe = format!(
            "for file in \"$1\"/*; do mapreduce_map_input_file=\"$file\" ./{mapper} < \"$file\" || exit 1; done \
             | sort -t \"$(printf '\\t')\" -k 1,1 | ./{reducer}"
        );
        let output = Command::new("bash")
            .args(["-c", &format!("set -o pipefail; {pipe}"), "bash"])
            .arg(&self.data.input)
            .current_dir(scripts())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .expect("bash is there");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{complaint}\nIf a program is missing: apt-get install -y coreutils python3"
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/streaming/scripts")
}

/// The script of a command, if it is one of ours.
fn script_of(command: &str) -> Option<PathBuf> {
    let script = command.split(' ').find(|word| word.ends_with(".py"))?;
    Some(scripts().join(script.trim_start_matches("./")))
}
