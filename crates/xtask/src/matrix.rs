//! The command `matrix`: runs the tests of each row of the fault matrix in docs/concepts/guarantees.md, repeatedly if
//! requested.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use devtools::packages::{ensure_faketime, ensure_redis};
use devtools::workspace::{call, cargo, describe, package, root};
use testkit::PROGRAMS_ARE_BUILT;

/// Arguments of `cargo xtask matrix`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs of each test
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Tests that run at the same time; tests mostly wait
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    parallel: u32,
    /// Run only this row; may be given several times
    #[arg(long)]
    row: Vec<u32>,
}

/// Page with the table.
const PAGE: &str = "docs/concepts/guarantees.md";

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    number: u32,
    fault: String,
    tests: Vec<Test>,
}

/// A test and its file.
#[derive(Debug, PartialEq, Eq)]
struct Test {
    file: String,
    name: String,
}

/// The folder of a crate and one of its test programs.
type Program = (String, String);

/// Runs the rows one after the other and prints a summary.
///
/// # Errors
/// After all tests have run: a test failed. At once: a row, test or program does not exist, or a tool is missing and
/// cannot be installed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    ensure_redis()?;
    ensure_faketime()?;
    let text = fs::read_to_string(root().join(PAGE)).context(PAGE)?;
    let mut rows = parse(&text)?;
    for wanted in &args.row {
        let exists = rows.iter().any(|row| row.number == *wanted);
        ensure!(exists, "{PAGE} has no row {wanted}");
    }
    rows.retain(|row| args.row.is_empty() || args.row.contains(&row.number));
    let programs = build(&rows)?;
    let mut failed_rows = 0;
    for row in &rows {
        let start = Instant::now();
        let sum = run_row(row, args, &programs)?;
        failed_rows += u32::from(sum.failed > 0);
        println!("{}", line(row, &sum, start.elapsed()));
    }
    println!("{} rows, {failed_rows} with a failure", rows.len());
    if failed_rows > 0 {
        bail!("{failed_rows} of {} rows failed", rows.len());
    }
    Ok(())
}

/// Numbers of passed and failed runs.
#[derive(Debug, Default)]
struct Sum {
    passed: u32,
    failed: u32,
}

/// Runs the tests of a row, each `repeat` times, several at the same time.
fn run_row(row: &Row, args: &Args, programs: &BTreeMap<Program, PathBuf>) -> anyhow::Result<Sum> {
    // Repeats of a test are far apart, because different tests wait for different things.
    let runs = (0..args.repeat).flat_map(|_| &row.tests);
    let (runs, sum) = (Mutex::new(runs), Mutex::new(Sum::default()));
    let lane = || -> anyhow::Result<()> {
        loop {
            let Some(test) = locked(&runs).next() else {
                return Ok(());
            };
            let (program, name) = test.location()?;
            let path = programs
                .get(&program)
                .context("a test program was not built")?;
            let passed = run_test(path, &program.0, &name)?;
            let mut sum = locked(&sum);
            if passed {
                sum.passed += 1;
            } else {
                sum.failed += 1;
                println!("  failed: {name} ({})", test.file);
            }
        }
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..args.parallel).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| match lane.join() {
            Ok(result) => result,
            Err(_) => bail!("row {}: a thread panicked", row.number),
        })
    })?;
    Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the summary of a row.
fn line(row: &Row, sum: &Sum, took: Duration) -> String {
    let Row { number, fault, .. } = row;
    let Sum { passed, failed } = sum;
    let seconds = took.as_secs_f64();
    format!("row {number}: {passed} passed, {failed} failed, {seconds:.1} s: {fault}")
}

/// Parses the table whose first column is `row`.
fn parse(page: &str) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in page.lines().skip_while(|line| !line.starts_with("| row |")) {
        let Some(inner) = line.strip_prefix("| ").and_then(|l| l.strip_suffix(" |")) else {
            if rows.is_empty() {
                continue;
            }
            break;
        };
        let cells: Vec<&str> = inner.split(" | ").collect();
        let Ok(number) = cells[0].parse() else {
            continue;
        };
        let [_, fault, .., tests] = cells.as_slice() else {
            bail!("{PAGE}: row {number} has too few cells");
        };
        rows.push(Row {
            number,
            fault: (*fault).to_owned(),
            tests: parse_tests(tests),
        });
    }
    ensure!(!rows.is_empty(), "{PAGE} has no table with a column `row`");
    Ok(rows)
}

/// Parses the names in backquotes: a file, followed by its tests.
fn parse_tests(cell: &str) -> Vec<Test> {
    let (mut file, mut tests) = ("", Vec::new());
    for word in cell.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            file = word;
        } else {
            tests.push(Test {
                file: file.to_owned(),
                name: word.to_owned(),
            });
        }
    }
    tests
}

impl Test {
    /// Returns the program of the test and the path of the test in it.
    fn location(&self) -> anyhow::Result<(Program, String)> {
        let parts: Vec<&str> = self.file.trim_end_matches(".rs").split('/').collect();
        let ["crates", folder, "tests", program, inner @ ..] = parts.as_slice() else {
            bail!("{PAGE}: {} is not a file of integration tests", self.file);
        };
        let inner = inner.iter().filter(|part| !["main", "mod"].contains(part));
        let path: String = inner.flat_map(|part| [part, "::"]).collect();
        let program = ((*folder).to_owned(), (*program).to_owned());
        Ok((program, path + &self.name))
    }
}

/// Builds the test programs of the rows and the programs that their tests start. Returns the paths of the former.
fn build(rows: &[Row]) -> anyhow::Result<BTreeMap<Program, PathBuf>> {
    call(&mut cargo(&["build", "--workspace", "--bins"]))?;
    let mut needed = BTreeSet::new();
    for test in rows.iter().flat_map(|row| &row.tests) {
        needed.insert(test.location()?.0);
    }
    let mut built = BTreeMap::new();
    for (folder, program) in needed {
        let words = ["test", "--no-run", "--message-format=json"];
        let mut command = cargo(&words);
        command.args(["--package", &package(&folder)?, "--test", &program]);
        println!("{}", describe(&command));
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.context("cannot start cargo")?;
        ensure!(
            output.status.success(),
            "cannot build the tests of crates/{folder}"
        );
        let path = executable(&String::from_utf8_lossy(&output.stdout), &program);
        let path = path.with_context(|| format!("cargo did not build a test program {program}"))?;
        built.insert((folder, program), path);
    }
    Ok(built)
}

/// Returns the path of the test program from the messages of cargo.
fn executable(messages: &str, program: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == program && message["profile"]["test"] == true;
        let path = message["executable"].as_str().filter(|_| is_it)?;
        Some(PathBuf::from(path))
    })
}

/// Runs one test and prints its output if it fails.
fn run_test(program: &Path, folder: &str, name: &str) -> anyhow::Result<bool> {
    // cargo runs tests in the folder of their package, too.
    let folder = root().join("crates").join(folder);
    let output = Command::new(program)
        .args(["--exact", name])
        .current_dir(folder)
        .env(PROGRAMS_ARE_BUILT, "1")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The test program succeeds if no test has this name, so its output is checked.
    ensure!(text.contains("running 1 test"), "there is no test {name}");
    if !output.status.success() {
        println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Page\n\n| row | fault | injected | must | tests |\n|---|---|---|---|---|\n\
        | 1 | a `fault` | so | that | `crates/a/tests/b/c/d.rs`: `e`, `f`; `crates/a/tests/g/main.rs`: `h` |\n\
        | 2 | another | so | that | `crates/a/tests/i.rs`: `j` |\n\n| 3 | of | another | table | `k` |\n";

    #[test]
    fn tests_of_the_table_are_mapped_to_programs_and_paths() {
        let rows = parse(TABLE).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].fault, "a `fault`");
        let locations = rows.iter().flat_map(|row| &row.tests).map(Test::location);
        let locations: Vec<_> = locations.map(Result::unwrap).collect();
        let expected = [("b", "c::d::e"), ("b", "c::d::f"), ("g", "h"), ("i", "j")];
        let expected =
            expected.map(|(program, path)| (("a".to_owned(), program.to_owned()), path.to_owned()));
        assert_eq!(locations, expected);
    }

    #[test]
    fn a_page_without_the_table_is_an_error() {
        assert!(parse("# Page\n").is_err());
    }
}
