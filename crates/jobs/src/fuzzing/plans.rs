//! Job specifications, parameters and tasks, as a worker receives them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::shuffle::entry;
use mapreduce_core::{FileFormat, InputFile, JobSpec, Split, Task};
use mapreduce_core::{JobError, Order, Params, Partitioning, Reduction};
use mapreduce_formats::input::{Content, resolve};
use mapreduce_formats::reader::RecordReader;
use mapreduce_job::{Job, MapFault, MapSink, TaskContext};
use mapreduce_shuffle::{
    BlobKind, CollectOptions, CountCollector, PairCollector, PairError, PairReduce, PartitionBy,
    RowSink, RowSinkOptions, RunSection, Scratch, WrittenBlob,
};

static GO_ON: AtomicBool = AtomicBool::new(false);
/// Input of the jobs: numbers, words, cells, JSON and invalid UTF-8.
const TEXT: &[u8] = b"to be or not to be\n7,1.5,x\n-3,,\"y,z\"\n{\"a\":1,\"b\":\"x\"}\n\n\xff\0\te9\n18446744073709551615,1e400\n";

/// Reads a job specification in JSON and, after the first NUL, a task. A worker must reject them or run the job.
///
/// # Panics
/// If the code of a job or of the library panics.
pub fn plan(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (spec, task) = (parts.next(), parts.next());
    let task = str::from_utf8(task.unwrap_or_default()).ok();
    let task = task.and_then(|task| serde_json::from_str::<Task>(task).ok());
    let split = match task {
        Some(Task::Map(split)) => Some(split),
        _ => None,
    };
    if let Some(split) = &split {
        let inputs = [PathBuf::from("/in/a"), PathBuf::from("/in/b")];
        let path = resolve(&inputs, &split.file);
        assert!(path.is_none_or(|path| path.starts_with("/in")));
    }
    let spec = spec.and_then(|spec| str::from_utf8(spec).ok());
    let Some(spec) = spec.and_then(|spec| JobSpec::from_json(spec).ok()) else {
        return;
    };
    let Ok(job) = crate::registry().get(&spec.name) else {
        return;
    };
    attempt(&job, &spec, split.unwrap_or_else(text));
}

/// Passes parameters, one per line, to the job that the first byte selects. The job must reject them or run.
///
/// # Panics
/// If the code of a job or of the library panics.
pub fn params(input: &[u8]) {
    let Some((which, lines)) = input.split_first() else {
        return;
    };
    let registry = crate::registry();
    let jobs: Vec<_> = registry.iter().map(|job| job.info().name).collect();
    let job = registry.get(jobs[usize::from(*which) % jobs.len()]);
    let job = job.expect("it is one of those there are");
    let lines = String::from_utf8_lossy(lines);
    let params: Params = lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Ok(shape) = job.shape(&params) else {
        return;
    };
    let spec = JobSpec {
        name: job.info().name.to_owned(),
        reduces: shape.required_reduces.unwrap_or(2),
        params,
        shape,
        ..JobSpec::word_count(2)
    };
    // The specification goes through the store as JSON, so it must survive the round trip.
    let json = serde_json::to_string(&spec).expect("plain data is JSON");
    let read = JobSpec::from_json(&json).expect("a written specification is valid");
    assert_eq!(read, spec);
    attempt(&job, &spec, text());
}

fn text() -> Split {
    Split {
        file: InputFile {
            input_index: 0,
            path: "a.txt".to_owned(),
            len: TEXT.len() as u64,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
            encoding: None,
        },
        start: 0,
        end: TEXT.len() as u64,
        skip: 0,
        line: Some(1),
    }
}

/// Maps [`TEXT`] and reduces the run. Errors are expected, panics are not.
fn attempt(job: &Arc<dyn Job>, spec: &JobSpec, mut split: Split) {
    // A worker checks that the file has the planned length. No file exists here, so the range is limited to the text.
    if !split.lies_in_its_file() || matches!(split.file.format, FileFormat::Parquet { .. }) {
        return;
    }
    split.end = split.end.min(TEXT.len() as u64);
    split.start = split.start.min(split.end);
    let context = TaskContext {
        job: spec.name.clone(),
        params: spec.params.clone(),
        tokenizer: spec.tokenizer,
        attempt: 1,
        reduces: spec.reduces,
        input_names: spec.input_names.clone(),
        split: Some(split.clone()),
        ..TaskContext::default()
    };
    match spec.shape.reduction {
        Reduction::Sum => {
            let mut combiner = CountCollector::new(scratch());
            let mapped = map(
                &**job,
                spec,
                &context,
                &split,
                &mut MapSink::counts(&mut combiner),
            );
            if mapped.is_some() {
                let run = combiner.finish_run(0, spec.reduces, spec.compress, &GO_ON);
                drop(run.expect("memory takes it"));
            }
        }
        Reduction::Groups => {
            let Some(partition) = partition_by(job, spec) else {
                return;
            };
            let partitions = match &partition {
                PartitionBy::Range(bounds) => bounds.len() as u32 + 1,
                _ => spec.reduces,
            };
            let Some(run) = gather(&**job, spec, &context, &split, partition) else {
                return;
            };
            for partition in 0..partitions.min(3) {
                reduce(&**job, spec, &context, &run, partition);
            }
        }
    }
}

fn partition_by(job: &Arc<dyn Job>, spec: &JobSpec) -> Option<PartitionBy> {
    Some(match spec.shape.partitioning {
        Partitioning::Hash => PartitionBy::Hash(spec.reduces),
        Partitioning::Range => PartitionBy::Range(spec.range_bounds().ok()?),
        Partitioning::Input => PartitionBy::Only {
            partition: spec.reduces / 2,
            of: spec.reduces,
        },
        Partitioning::Custom => {
            PartitionBy::Custom(mapreduce_job::partition_fn(job.clone()), spec.reduces)
        }
    })
}

fn scratch() -> Scratch {
    Scratch {
        memory: 1 << 20,
        folder: None,
    }
}

/// Maps the split. Returns `None` if the job or a reader rejects it.
fn map(
    job: &dyn Job,
    spec: &JobSpec,
    context: &TaskContext,
    split: &Split,
    sink: &mut MapSink<'_>,
) -> Option<()> {
    let mut mapper = job.mapper(context).ok()?;
    let line = split.line.filter(|_| spec.shape.line_numbers);
    let (start, end) = (split.start as usize, split.end as usize);
    let content =
        Content::new(&TEXT[start..end], None, spec.max_window).expect("memory can be read");
    let mut records = RecordReader::new(
        content,
        &split.file.format,
        spec.max_record,
        split.start,
        line,
    );
    let mapped = loop {
        match mapper.batch(&mut records, sink) {
            Ok(true) => sink.spill_if_full().expect("memory takes it"),
            Ok(false) => break mapper.finish(sink),
            Err(fault) => break Err(fault),
        }
    };
    match mapped {
        Ok(()) => Some(()),
        Err(MapFault::Job { error, .. }) => {
            assert_no_panic(&error);
            None
        }
        Err(_) => None,
    }
}

fn gather(
    job: &dyn Job,
    spec: &JobSpec,
    context: &TaskContext,
    split: &Split,
    partition: PartitionBy,
) -> Option<WrittenBlob> {
    let options = CollectOptions {
        partition,
        sort_values: spec.shape.sort_values,
        compress: spec.compress,
    };
    let mut pairs = PairCollector::new(scratch(), options);
    if spec.shape.has_combiner
        && let Some(combiner) = job.combiner(context).ok()?
    {
        pairs = pairs.with_combiner(combiner);
    }
    map(job, spec, context, split, &mut MapSink::pairs(&mut pairs))?;
    let run = pairs.finish_run(0, None, &GO_ON);
    match run {
        Ok(run) => Some(run),
        Err(PairError::Job(_)) => None,
        Err(PairError::Shuffle(error)) => panic!("memory takes it: {error}"),
    }
}

fn reduce(job: &dyn Job, spec: &JobSpec, context: &TaskContext, run: &WrittenBlob, partition: u32) {
    let mut source = run.bytes.source().expect("it is there");
    let section = RunSection {
        task: 0,
        entry: entry(&mut *source, BlobKind::PairRun, 0, partition),
        source,
    };
    let context = TaskContext {
        partition,
        ..context.clone()
    };
    let Ok(mut reducer) = job.reducer(&context) else {
        return;
    };
    let scratch = scratch();
    let task = PairReduce {
        partition,
        sort_values: spec.shape.sort_values,
        scratch: &scratch,
        cancelled: &GO_ON,
    };
    let options = RowSinkOptions {
        sorted: spec.shape.order == Order::Key,
        outputs: 1 + spec.shape.outputs.len() as u32,
        compress: spec.compress,
    };
    let mut sink = RowSink::new(&scratch, options);
    let reduced = task.run(vec![section], &mut *reducer, &mut sink);
    match reduced {
        Ok(_) => drop(sink.finish(&GO_ON).expect("memory takes it")),
        Err(PairError::Job(error)) => assert_no_panic(&error),
        Err(PairError::Shuffle(error)) => panic!("what was written is read: {error}"),
    }
}

/// Asserts that `error` is not a caught panic. The library catches panics of a job's code and returns them as errors.
fn assert_no_panic(error: &JobError) {
    let told = error.to_string();
    assert!(!told.contains(" panicked: "), "{told}");
}
