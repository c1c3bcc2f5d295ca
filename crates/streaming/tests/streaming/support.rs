//! A runner of streaming jobs that executes one task at a time.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::UNIX_EPOCH;

use mapreduce_core::Partitioning;
use mapreduce_core::{FileFormat, InputFile, JobSpec, Split};
use mapreduce_job::map::MapAttempt;
use mapreduce_job::{Job, MapSink, TaskContext};
use mapreduce_shuffle::{
    BlobKind, CollectOptions, PairCollector, PairError, PairReduce, PartitionBy, RowSink,
    RowSinkOptions, RunSection, Scratch, SectionEntry, Spooled, WrittenBlob,
};
use streaming::Streaming;
use tempfile::TempDir;

/// Returns the job with a program that can run as a guard.
pub(crate) fn job() -> Streaming {
    Streaming::guarded_by(env!("CARGO_BIN_EXE_streaming-guard"))
}

/// A job with its input.
pub(crate) struct Trial {
    params: BTreeMap<String, String>,
    folder: TempDir,
    inputs: Vec<PathBuf>,
    format: FileFormat,
    reduces: u32,
    memory: usize,
    pub(crate) cancelled: Arc<AtomicBool>,
}

/// Result of a job.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Lines of the result, each with a newline.
    pub(crate) text: Vec<u8>,
    pub(crate) counters: BTreeMap<String, u64>,
    pub(crate) emitted: u64,
}

/// Error of a failed attempt, and whether the job fails without another attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) text: String,
    pub(crate) is_permanent: bool,
}

impl Trial {
    /// Creates a job with these parameters and one file for each input.
    pub(crate) fn new<B: AsRef<[u8]>>(params: &[(&str, &str)], inputs: &[B]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["files", "temporary"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let write = |(nth, bytes): (usize, &B)| {
            let path = folder.path().join(format!("input-{nth}.txt"));
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let inputs = inputs.iter().enumerate().map(write).collect();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            params: params.iter().map(owned).collect(),
            inputs,
            folder,
            format: FileFormat::Text,
            reduces: 2,
            memory: 8 << 20,
            cancelled: Arc::default(),
        }
    }

    pub(crate) fn format(self, format: FileFormat) -> Self {
        Self { format, ..self }
    }

    pub(crate) fn reduces(self, reduces: u32) -> Self {
        Self { reduces, ..self }
    }

    pub(crate) fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// Ships a file with the job.
    pub(crate) fn file(self, name: &str, text: &str, mode: u32) -> Self {
        let path = self.folder.path().join("files").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        self
    }

    /// Returns the job's folder, which commands do not see.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs all tasks, and checks that no folder of a command is left.
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let outcome = self.run_tasks();
        let left = self.folder.path().join("temporary").read_dir().unwrap();
        assert_eq!(left.count(), 0, "folders of commands are left");
        outcome
    }

    /// Runs all tasks and returns the lines of the result.
    pub(crate) fn lines(&self) -> Vec<String> {
        let outcome = self
            .run()
            .unwrap_or_else(|failure| panic!("{}", failure.text));
        let text = String::from_utf8(outcome.text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn run_tasks(&self) -> Result<Outcome, Failure> {
        let mut outcome = Outcome {
            text: Vec::new(),
            counters: BTreeMap::new(),
            emitted: 0,
        };
        let mut runs = Vec::new();
        for task in 0..self.inputs.len() {
            runs.push(self.map(task, &mut outcome)?);
        }
        for partition in 0..self.reduces {
            self.reduce(partition, &runs, &mut outcome)?;
        }
        Ok(outcome)
    }

    #[expect(
        clippy::field_reassign_with_default,
        reason = "the counters of a context are private"
    )]
    fn context(&self, task: usize) -> TaskContext {
        let mut context = TaskContext::default();
        context.job = "streaming".to_owned();
        context.job_id = "j-1".to_owned();
        let params = self.params.clone();
        context.params = params.into_iter().collect();
        context.task = task as u32;
        context.attempt = 1;
        context.reduces = self.reduces;
        context.files = Some(self.folder.path().join("files"));
        context.temp_folder = Some(self.folder.path().join("temporary"));
        context.cancelled = Arc::clone(&self.cancelled);
        context
    }

    fn scratch(&self) -> Scratch {
        Scratch {
            memory: self.memory,
            folder: None,
        }
    }

    fn map(&self, task: usize, outcome: &mut Outcome) -> Result<WrittenBlob, Failure> {
        let mut context = self.context(task);
        let shape = job().shape(&context.params).map_err(Failure::of_job)?;
        let split = split(&self.inputs[task], self.format.clone());
        context.path = self.inputs[task].clone();
        context.split = Some(split.clone());
        let spec = JobSpec {
            shape: shape.clone(),
            ..JobSpec::word_count(self.reduces)
        };
        let partition = match shape.partitioning {
            Partitioning::Input => PartitionBy::Only {
                partition: task as u32 * self.reduces / self.inputs.len() as u32,
                of: self.reduces,
            },
            _ => PartitionBy::Hash(self.reduces),
        };
        let options = CollectOptions {
            partition,
            sort_values: shape.sort_values,
            compress: false,
        };
        let mut pairs = PairCollector::new(self.scratch(), options);
        let mut mapper = job().mapper(&context).map_err(Failure::of_job)?;
        let attempt = MapAttempt {
            inputs: &self.inputs[task..=task],
            split: &split,
            spec: &spec,
            cancelled: &self.cancelled,
        };
        let mut sink = MapSink::pairs(&mut pairs);
        attempt
            .run(&mut *mapper, &mut sink)
            .map_err(|error| Failure {
                text: error.to_string(),
                is_permanent: error.is_permanent(),
            })?;
        outcome.emitted += sink.emitted();
        add_counters(&context, outcome);
        let run = pairs.finish_run(task as u32, None, &self.cancelled);
        run.map_err(of_pairs)
    }

    fn reduce(
        &self,
        partition: u32,
        runs: &[WrittenBlob],
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let mut context = self.context(self.inputs.len() + partition as usize);
        context.partition = partition;
        let scratch = self.scratch();
        let shape = job().shape(&context.params).map_err(Failure::of_job)?;
        let options = RowSinkOptions {
            sorted: false,
            outputs: 1,
            compress: false,
        };
        let mut rows = RowSink::new(&scratch, options);
        let mut reducer = job().reducer(&context).map_err(Failure::of_job)?;
        let reduce = PairReduce {
            partition,
            sort_values: shape.sort_values,
            scratch: &scratch,
            cancelled: &self.cancelled,
        };
        let sections = runs.iter().enumerate();
        let sections = sections.map(|(task, run)| section(&run.bytes, task as u32, partition));
        let reduced = reduce.run(sections.collect(), &mut *reducer, &mut rows);
        reduced.map_err(of_pairs)?;
        add_counters(&context, outcome);
        let text = &mut outcome.text;
        let mut rows = rows.finish(&self.cancelled).unwrap();
        rows.each(0, &self.cancelled, &mut |row| {
            assert!(row.value.is_empty(), "a line of the result is a key");
            text.extend_from_slice(row.key);
            text.push(b'\n');
            Ok(())
        })
        .unwrap();
        Ok(())
    }
}

/// Returns the failure of the job's code. The shuffle itself does not fail in these tests.
fn of_pairs(error: PairError) -> Failure {
    match error {
        PairError::Job(error) => Failure::of_job(error),
        PairError::Shuffle(error) => panic!("the shuffle failed: {error}"),
    }
}

impl Failure {
    fn of_job(error: mapreduce_core::JobError) -> Self {
        Self {
            text: error.to_string(),
            is_permanent: error.is_permanent(),
        }
    }
}

fn add_counters(context: &TaskContext, outcome: &mut Outcome) {
    for (name, value) in context.counter_values().unwrap() {
        *outcome.counters.entry(name).or_default() += value;
    }
}

fn section(run: &Spooled, task: u32, partition: u32) -> RunSection {
    let mut source = run.source().unwrap();
    let entry = source
        .read(SectionEntry::range(partition))
        .unwrap()
        .unwrap();
    RunSection {
        task,
        entry: SectionEntry::read(&entry, BlobKind::PairRun, task, partition).unwrap(),
        source,
    }
}

/// Returns a file as one split.
fn split(path: &Path, format: FileFormat) -> Split {
    let meta = path.metadata().unwrap();
    let modified = meta.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
    let skip = match format {
        FileFormat::Text => 0,
        _ => std::fs::read_to_string(path).unwrap().find('\n').unwrap() as u64 + 1,
    };
    Split {
        file: InputFile {
            input_index: 0,
            path: String::new(),
            len: meta.len(),
            modified: modified.as_nanos() as u64,
            format,
            compression: None,
            encoding: None,
        },
        start: skip,
        end: meta.len(),
        skip: 0,
        line: None,
    }
}
