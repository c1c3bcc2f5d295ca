//! One case: a job with its input, its arguments and its result.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::limits::{Limits, TableFormat};
use super::parameters::{JOBS, parameters, reads_all_columns};
use super::random::Random;
use super::table::Table;

/// A job with its input and its arguments.
#[derive(Debug)]
pub struct Case {
    /// Number of the case, from which everything follows.
    pub number: u64,
    /// Folder with the input, the description, the result and the expected result.
    pub folder: PathBuf,
    /// Arguments of the programs `mapreduce run`, `master` and `worker`.
    pub args: Vec<String>,
    /// Name of the result in the folder.
    output: String,
}

impl Case {
    /// Writes the input and the description of a case to a new folder in `root`.
    pub(super) fn write(root: &Path, number: u64) -> Self {
        let mut random = Random::new(number);
        let job = JOBS[number as usize % JOBS.len()];
        let is_local = matches!(job, "group-by" | "histogram" | "sort") && random.one_in(5);
        let limits = limits(&mut random, job, is_local);
        let inputs = if job == "join" { 2 } else { 1 };
        let tables: Vec<Table> = (0..inputs)
            .map(|_| Table::new(&mut random, &limits))
            .collect();
        let parameters = parameters(&mut random, job, &tables, is_local);
        let format = random.pick(&["csv", "csv", "tsv", "ndjson", "json", "txt"]);
        let has_header = !random.one_in(4);
        let folder = root.join(format!("{number:05}"));
        let output = format!("output.{format}");
        let mut args = paths(&folder, inputs, &output);
        args.push(format!("--job={job}"));
        args.extend(
            parameters
                .iter()
                .map(|(name, value)| format!("--param={name}={value}")),
        );
        args.extend(settings(&mut random, &limits, has_header));
        let case = Self {
            number,
            folder,
            args,
            output,
        };
        for (nth, table) in tables.iter().enumerate() {
            let folder = case.folder.join(format!("input{nth}"));
            fs::create_dir_all(&folder).expect("a folder can be created");
            for (name, bytes) in &table.files {
                fs::write(folder.join(name), bytes).expect("a file can be written");
            }
        }
        let input = |nth: usize| {
            json!({
                "folder": format!("input{nth}"),
                "format": if limits.format == TableFormat::Ndjson { "ndjson" } else { "table" },
                "delimiter": limits.delimiter.to_string(),
                "header": limits.has_header,
            })
        };
        let description = json!({
            "job": job,
            "params": parameters.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "inputs": (0..inputs).map(input).collect::<Vec<_>>(),
            "output": { "format": format, "header": has_header },
            "args": case.args,
        });
        fs::write(case.folder.join("case.json"), format!("{description:#}\n"))
            .expect("a file can be written");
        case
    }

    /// Compares the result with the expected one, byte for byte. A correct case loses its folder.
    ///
    /// # Errors
    /// The first difference, or the end of `log` if the program did not exit with 0.
    pub fn verdict(&self, exit: Option<i32>, log: &str) -> Result<(), String> {
        let problem = match exit {
            Some(0) => self.difference(),
            other => {
                let last = log.lines().last().unwrap_or_default();
                Some(format!("exit code {other:?}: {last}"))
            }
        };
        let Some(problem) = problem else {
            fs::remove_dir_all(&self.folder).ok();
            return Ok(());
        };
        let Self {
            number,
            folder,
            args,
            ..
        } = self;
        let folder = folder.display();
        Err(format!(
            "case {number}: {problem}\n  in {folder}: mapreduce run {args:?}"
        ))
    }

    fn difference(&self) -> Option<String> {
        let read = |name: &str| {
            fs::read(self.folder.join(name))
                .unwrap_or_else(|error| panic!("case {}: {name}: {error}", self.number))
        };
        let (found, expected) = (read(&self.output), read("expected"));
        if found == expected {
            return None;
        }
        let lines = |bytes: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(bytes);
            text.split('\n').map(str::to_owned).collect()
        };
        let (found, expected) = (lines(&found), lines(&expected));
        let same = found
            .iter()
            .zip(&expected)
            .take_while(|(found, expected)| found == expected)
            .count();
        let (number, found, expected) = (same + 1, found.get(same), expected.get(same));
        Some(format!("line {number} is {found:?}, not {expected:?}"))
    }
}

fn limits(random: &mut Random, job: &str, is_local: bool) -> Limits {
    let format = match random.up_to(3) {
        0 if !reads_all_columns(job) => TableFormat::Ndjson,
        1 => TableFormat::Tsv,
        _ => TableFormat::Csv,
    };
    let is_join = job == "join";
    Limits {
        format,
        delimiter: match format {
            TableFormat::Tsv => '\t',
            _ if random.one_in(10) => ';',
            _ => ',',
        },
        has_header: format == TableFormat::Ndjson || !random.one_in(10),
        rows: if is_join { 80 } else { 300 },
        columns: if is_join { 12 } else { 40 },
        may_differ: reads_all_columns(job),
        is_local,
    }
}

/// Returns the arguments with the paths of the inputs and of the output.
fn paths(folder: &Path, inputs: usize, output: &str) -> Vec<String> {
    let inputs = (0..inputs).map(|nth| folder.join(format!("input{nth}")).display().to_string());
    let output = format!("--output={}", folder.join(output).display());
    inputs.chain([output]).collect()
}

/// Returns the arguments with the settings.
fn settings(random: &mut Random, limits: &Limits, has_header: bool) -> Vec<String> {
    let mut settings = vec![
        ("input.allow_empty", "true"),
        (
            "input.split_size",
            random.pick(&["1", "17", "100", "1KiB", "auto"]),
        ),
        ("job.reduces", random.pick(&["1", "2", "3", "7", "auto"])),
    ];
    if !limits.has_header {
        settings.push(("input.header", "false"));
    }
    if limits.delimiter == ';' {
        settings.push(("input.delimiter", ";"));
    }
    if !has_header {
        settings.push(("output.header", "false"));
    }
    let settings = settings.iter();
    settings
        .map(|(name, value)| format!("--set={name}={value}"))
        .collect()
}
