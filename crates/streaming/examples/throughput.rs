//! Measures the throughput of mappers that are commands:
//! `cargo run --release -p streaming --example throughput [MB]`.

#![expect(
    clippy::print_stdout,
    reason = "the output is the purpose of this program"
)]

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mapreduce_core::{FileFormat, InputFile, JobSpec, Split};
use mapreduce_job::map::MapAttempt;
use mapreduce_job::{Job, MapSink, TaskContext};
use mapreduce_shuffle::{CollectOptions, PairCollector, PartitionBy, Scratch};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Length of a line with its newline, in bytes.
const LINE: u64 = 100;

static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);

fn main() -> Outcome<()> {
    streaming::run_guard_if_requested();
    let megabytes = std::env::args()
        .nth(1)
        .map_or(Ok(500), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("lines.txt");
    write_lines(&path, megabytes * 1_000_000 / LINE)?;
    let split = split(&path)?;
    let pipe = shell_pipe(&path)?;
    report("`cat | wc -l` of the shell", &split, pipe);
    for (mapper, reducer) in [
        ("", ""),
        ("cat", ""),
        ("cat", "NONE"),
        ("cut -c 1-20", ""),
        ("wc -l", ""),
    ] {
        let name = format!("mapper {mapper:?}, reducer {reducer:?}");
        report(&name, &split, map(mapper, reducer, &path, &split)?);
    }
    Ok(())
}

fn report(name: &str, split: &Split, took: (Duration, Duration)) {
    let rate = |time: Duration| split.end as f64 / 1e6 / time.as_secs_f64();
    let (map, whole) = took;
    println!(
        "{name}: {:.0} MB/s mapped, {:.0} MB/s with the run sorted",
        rate(map),
        rate(whole)
    );
}

/// Writes lines whose keys are unsorted numbers.
fn write_lines(path: &Path, lines: u64) -> Outcome<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for line in 0..lines {
        let key = line.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writeln!(file, "{key:020}\t{line:078}")?;
    }
    file.flush()?;
    Ok(())
}

fn split(path: &Path) -> Outcome<Split> {
    let meta = path.metadata()?;
    let modified = meta.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(Split {
        file: InputFile {
            input_index: 0,
            path: String::new(),
            len: meta.len(),
            modified: modified.as_nanos() as u64,
            format: FileFormat::Text,
            compression: None,
            encoding: None,
        },
        start: 0,
        end: meta.len(),
        skip: 0,
        line: None,
    })
}

/// Measures two commands with a pipe between them, as the upper bound.
fn shell_pipe(path: &Path) -> Outcome<(Duration, Duration)> {
    let start = SystemTime::now();
    let line = format!("cat '{}' | cat | wc -l >/dev/null", path.display());
    Command::new("/bin/sh").arg("-c").arg(line).status()?;
    let took = start.elapsed()?;
    Ok((took, took))
}

/// Maps the file. Returns the time until all pairs are collected, and until the run is sorted.
#[expect(
    clippy::field_reassign_with_default,
    reason = "the counters of a context are private"
)]
fn map(mapper: &str, reducer: &str, path: &Path, split: &Split) -> Outcome<(Duration, Duration)> {
    let mut context = TaskContext::default();
    context.params = [("mapper", mapper), ("reducer", reducer)]
        .into_iter()
        .collect();
    context.path = path.to_path_buf();
    context.split = Some(split.clone());
    let job = streaming::job();
    let spec = JobSpec {
        shape: job.shape(&context.params)?,
        ..JobSpec::word_count(4)
    };
    let scratch = Scratch {
        memory: 256 << 20,
        folder: None,
    };
    let options = CollectOptions {
        partition: PartitionBy::Hash(4),
        sort_values: false,
        compress: false,
    };
    let start = SystemTime::now();
    let mut pairs = PairCollector::new(scratch, options);
    let mut task = job.mapper(&context)?;
    let attempt = MapAttempt {
        inputs: &[path.to_path_buf()],
        split,
        spec: &spec,
        cancelled: &NOT_CANCELLED,
    };
    attempt.run(&mut *task, &mut MapSink::pairs(&mut pairs))?;
    let mapped = start.elapsed()?;
    pairs.finish_run(0, None, &NOT_CANCELLED)?;
    Ok((mapped, start.elapsed()?))
}
