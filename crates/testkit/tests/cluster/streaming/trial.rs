//! A job of scripts with its cluster.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// A job of scripts with its cluster.
pub(super) struct Trial {
    pub(super) data: Data,
    pub(super) cluster: Cluster,
    args: Vec<String>,
}

impl Trial {
    /// Creates a job over the books, with about 25 map tasks and three reduce tasks. `mapper` and `reducer` are
    /// commands, which may run one of our scripts.
    pub(super) fn new(mapper: &str, reducer: &str) -> Self {
        Self::with(mapper, reducer, |config| config)
    }

    /// Creates a job with additional settings of all processes.
    pub(super) fn with(mapper: &str, reducer: &str, settings: impl Fn(Config) -> Config) -> Self {
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

    /// Adds a job parameter, `NAME=VALUE`.
    pub(super) fn param(mut self, param: &str) -> Self {
        self.args.push(format!("--param={param}"));
        self
    }

    /// Starts a master.
    pub(super) fn master(&self) -> Process {
        let args: Vec<_> = self.args.iter().map(String::as_str).collect();
        self.cluster.start("master", &args, &[])
    }

    /// Returns the names of the files that scripts have created in their shared folder.
    pub(super) fn shared(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cluster.folder().join("shared")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Returns the path of the result.
    pub(super) fn output(&self) -> PathBuf {
        self.cluster.folder().join("o.txt")
    }

    /// Checks that the result has the lines of `expected`, in any order.
    pub(super) fn assert_lines(&self, expected: &str) {
        let found = fs::read_to_string(self.output()).unwrap();
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let (found, expected) = (sorted(&found), sorted(expected));
        assert!(!expected.is_empty());
        let difference = found
            .iter()
            .zip(&expected)
            .find(|(found, expected)| found != expected);
        assert_eq!(difference, None, "the first difference");
        assert_eq!(found.len(), expected.len());
    }

    /// Checks that all processes succeed.
    pub(super) fn assert_ends_well(&self, mut master: Process, workers: &mut [Process]) -> Process {
        assert_eq!(master.exit(), 0);
        assert_eq!(self.cluster.pending(), 0);
        for worker in workers {
            assert_eq!(worker.exit(), 0);
        }
        master
    }

    /// Returns the result of a sequential run: the mapper for each file, one sort, one reducer.
    pub(super) fn sequential(&self, mapper: &str, reducer: &str) -> String {
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
            .expect("bash can be run");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{stderr}\nIf a program is missing: apt-get install -y coreutils python3"
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/streaming/scripts")
}

/// Returns the path of the script in a command, if it runs one of ours.
fn script_of(command: &str) -> Option<PathBuf> {
    let script = command.split(' ').find(|word| word.ends_with(".py"))?;
    Some(scripts().join(script.trim_start_matches("./")))
}
