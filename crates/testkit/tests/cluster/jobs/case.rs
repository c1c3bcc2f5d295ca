//! One job with the command that computes its expected result.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// Input of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Books,
    Table,
    /// A small table of airlines and the large table.
    TwoTables,
}

/// A job with the command that computes its expected result.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) input: Input,
    pub(super) job: &'static str,
    /// Parameters, `NAME=VALUE`.
    pub(super) params: &'static [&'static str],
    /// Name of the output.
    pub(super) output: &'static str,
    /// Shell command that prints the expected result; `$1` is the input, `$2` the second one.
    pub(super) expected: &'static str,
    /// True if the lines of the result may have any order.
    pub(super) any_order: bool,
}

/// Small table of airlines. One of them is listed twice, and one is not in the large table.
const AIRLINES: &str = "name,airline,hub\nUnited Airlines,United,Chicago\nVirgin,Virgin America,\"San Francisco, CA\"\n\
    Aloha,Aloha,Honolulu\nUnited again,United,\"the \"\"second\"\"\"\n";

/// A job with its input, its expected result and a cluster.
pub(super) struct Trial {
    pub(super) case: &'static Case,
    /// Input with the expected result of the job.
    data: Data,
    args: Vec<String>,
    pub(super) cluster: Cluster,
}

impl Case {
    /// Computes the expected result and starts a cluster; `settings` are those of all processes.
    pub(super) fn trial(&'static self, settings: &[(&str, &str)]) -> Trial {
        let mut data = match self.input {
            Input::Books => Data::books(Tokenizer::Words).unchecked(),
            Input::Table | Input::TwoTables => Data::table(),
        };
        let config = settings
            .iter()
            .fold(Config::new(data.clone()), |config, (name, value)| {
                config.set(name, value)
            });
        let cluster = config.start();
        let mut inputs = vec![data.input.display().to_string()];
        if self.input == Input::TwoTables {
            let airlines = cluster.folder().join("airlines.csv");
            fs::write(&airlines, AIRLINES).unwrap();
            inputs.insert(0, airlines.display().to_string());
        }
        data.expected = output_of(self.expected, &inputs).into();
        let output = cluster.folder().join(self.output).display().to_string();
        let mut args = inputs;
        args.push(format!("--job={}", self.job));
        args.extend(self.params.iter().map(|param| format!("--param={param}")));
        args.push(format!("--output={output}"));
        Trial {
            case: self,
            data,
            args,
            cluster,
        }
    }
}

impl Trial {
    /// Starts a program with the job's arguments.
    pub(super) fn start(&self, program: &str, settings: &[(&str, &str)]) -> Process {
        let mut args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        if program == "mapreduce" {
            args.insert(0, "run");
        }
        self.cluster.start(program, &args, settings)
    }

    /// Checks that the result is the expected one.
    pub(super) fn assert_exact(&self) {
        assert!(
            !self.data.expected.is_empty(),
            "{}: the expected result is empty",
            self.case.expected
        );
        let output = self.cluster.folder().join(self.case.output);
        if self.case.any_order {
            let mut any_order = self.data.clone();
            any_order.expected = sorted(&self.data.expected).into();
            fs::write(&output, sorted_file(&output)).unwrap();
            return any_order.assert_result(&output);
        }
        self.data.assert_result(&output);
    }
}

fn sorted_file(path: &Path) -> Vec<u8> {
    sorted(&fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Returns the lines, sorted by their bytes.
fn sorted(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort();
    lines.concat()
}

/// Returns the stdout of a shell command, run in the folder of `expected.py`.
pub(super) fn output_of(command: &str, args: &[String]) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/jobs");
    let output = Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {command}"), "bash"])
        .args(args)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .expect("bash can be run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command}: {}\n{stderr}\nIf a program is missing: apt-get install -y coreutils grep sed mawk python3",
        output.status
    );
    output.stdout
}
