//! The jobs that come along, on real data, against other programs: coreutils, SQLite, Python (`expected.py`).
//!
//! # Layout
//! - `cases`: the jobs with parameters, and what finds out their results.
//! - `embedded`: in one process, however the work is cut.
//! - `cluster`: by 1, 3 and 10 workers, some of which are killed.
//! - `chains`: jobs of several steps.

mod cases;
mod chains;
mod cluster;
mod embedded;

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::{Cluster, Config, Data, Process, Tokenizer};

/// What a job reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Books,
    Table,
    /// A small table of airlines, and the large one.
    TwoTables,
}

/// A job, and how to find out its result without it.
#[derive(Debug)]
struct Case {
    over: Over,
    job: &'static str,
    /// Its parameters, `NAME=VALUE`.
    params: &'static [&'static str],
    /// Name of the output.
    output: &'static str,
    /// A shell command that writes the result; `$1` is the input, `$2` the second one.
    expected: &'static str,
    /// Whether the order of the lines of the result is nobody's business.
    any_order: bool,
}

/// Airlines of the table; one of them twice, one that is not in it, and not all that are.
const AIRLINES: &str = "name,airline,hub\nUnited Airlines,United,Chicago\nVirgin,Virgin America,\"San Francisco, CA\"\n\
    Aloha,Aloha,Honolulu\nUnited again,United,\"the \"\"second\"\"\"\n";

/// A job with its input and its result, and a cluster to try it on.
struct Trial {
    case: &'static Case,
    /// Its result is that of the job.
    data: Data,
    args: Vec<String>,
    cluster: Cluster,
}

impl Case {
    /// Finds out the result; `settings` are those of all processes.
    fn trial(&'static self, settings: &[(&str, &str)]) -> Trial {
        let mut data = match self.over {
            Over::Books => Data::books(Tokenizer::Words).unchecked(),
            Over::Table | Over::TwoTables => Data::table(),
        };
        let config = settings
            .iter()
            .fold(Config::new(data.clone()), |config, (name, value)| {
                config.set(name, value)
            });
        let cluster = config.start();
        let mut inputs = vec![data.input.display().to_string()];
        if self.over == Over::TwoTables {
            let airlines = cluster.folder().join("airlines.csv");
            fs::write(&airlines, AIRLINES).unwrap();
            inputs.insert(0, airlines.display().to_string());
        }
        data.expected = said(self.expected, &inputs).into();
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
    fn start(&self, program: &str, settings: &[(&str, &str)]) -> Process {
        let mut args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        if program == "mapreduce" {
            args.insert(0, "run");
        }
        self.cluster.start(program, &args, settings)
    }

    /// Checks that the result is there and as expected.
    fn assert_exact(&self) {
        assert!(
            !self.data.expected.is_empty(),
            "{}: nothing is expected",
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

/// The lines, sorted by their bytes.
fn sorted(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort();
    lines.concat()
}

/// What a shell command writes, in the folder with `expected.py`.
fn said(command: &str, args: &[String]) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/jobs");
    let output = Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {command}"), "bash"])
        .args(args)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .expect("bash is there");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command}: {}\n{complaint}\nIf a program is missing: apt-get install -y coreutils grep sed gawk python3",
        output.status
    );
    output.stdout
}
