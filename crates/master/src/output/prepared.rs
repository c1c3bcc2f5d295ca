//! A prepared output: the first stage.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use mapreduce_core::Pairs;
use mapreduce_core::Reduction;
use mapreduce_formats::output::{ResultTotals, write_lists};
use settings::CrashPlan;
use store::{BlobStore, JobRef, StoredOutput};

use super::assembly::{AssemblySpec, RowSource, assemble_partitions};
use super::destination::Destination;
use super::empty_result::{empty_rows, write_rows};
use super::error::OutputError;
use super::file::OutputFile;
use super::filled::FilledOutput;
use super::part_files::PartFilesFolder;
use super::target::{Target, on_folder, run_blocking};
use super::totals::committed_totals;

/// Output that only this master writes, before it holds the result.
#[derive(Debug)]
pub(crate) struct PreparedOutput {
    target: Target,
}

/// Failure to fill an output. The output is unchanged in its stage, and can be filled again.
#[derive(Debug)]
pub(crate) struct FillFailure {
    /// The output, still prepared.
    pub(crate) output: PreparedOutput,
    /// Reason of the failure.
    pub(crate) error: OutputError,
}

/// Results of the reduce tasks of a job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartitionResults<'a> {
    /// The job.
    pub(crate) job: &'a JobRef,
    /// First reduce task.
    pub(crate) first: u32,
    /// Committed outputs of the reduce tasks, in order.
    pub(crate) outputs: &'a [StoredOutput],
}

impl PreparedOutput {
    /// Locks the output, and refuses a destination that cannot be written. A job whose result cannot be written is not
    /// worth running.
    pub(crate) fn prepare(destination: &Destination<'_>) -> Result<Self, OutputError> {
        destination.check()?;
        if let Some(path) = destination.bad_records_file() {
            // Its errors would otherwise occur after the work.
            drop(OutputFile::prepare(&path)?);
        }
        let target = if destination.has_part_files() {
            let (format, resumable) = (destination.format, destination.resumable);
            let folder = PartFilesFolder::prepare(destination.path, format, resumable)?;
            Target::PartFiles(Arc::new(folder))
        } else {
            let paths = destination.paths();
            let files = paths.iter().map(|path| OutputFile::prepare(path));
            Target::Files(files.collect::<Result<_, _>>()?)
        };
        Ok(Self { target })
    }

    /// Prepares for the tasks of `job`. Can be repeated.
    pub(crate) async fn begin(&self, job: &JobRef) -> Result<(), OutputError> {
        self.target.begin(job).await
    }

    /// Fills the output with lists of counts. A job that writes part files or rows has no lists and gets an empty
    /// result.
    pub(crate) async fn fill_with_counts(
        self,
        job: &JobRef,
        lists: Vec<Pairs>,
        destination: &Destination<'_>,
        crash: &CrashPlan,
    ) -> Result<FilledOutput, Box<FillFailure>> {
        let (target, written) = match self.target {
            Target::Files(files) => write_counts(files, lists, destination).await,
            Target::PartFiles(folder) => {
                let none = PartitionResults {
                    job,
                    first: 0,
                    outputs: &[],
                };
                gather(folder, none, crash).await
            }
        };
        filled(target, written)
    }

    /// Fills the output from the results of all partitions.
    ///
    /// # Errors
    /// [`OutputError::PartitionsLost`] lists the results that are missing or damaged.
    pub(crate) async fn fill_from_partitions<B: BlobStore>(
        self,
        blobs: &B,
        results: PartitionResults<'_>,
        destination: &Destination<'_>,
        crash: &CrashPlan,
    ) -> Result<FilledOutput, Box<FillFailure>> {
        let (target, written) = match self.target {
            Target::Files(files) => assemble_files(files, blobs, results, destination).await,
            Target::PartFiles(folder) => gather(folder, results, crash).await,
        };
        filled(target, written)
    }

    /// Removes the files of tasks. Call it only if no later master will resume the job.
    pub(crate) async fn discard(&self) {
        self.target.discard().await;
    }
}

/// Moves `target` to its next stage if the result was written to it.
fn filled(
    target: Target,
    written: Result<ResultTotals, OutputError>,
) -> Result<FilledOutput, Box<FillFailure>> {
    match written {
        Ok(written) => Ok(FilledOutput::new(target, written)),
        Err(error) => {
            let output = PreparedOutput { target };
            Err(Box::new(FillFailure { output, error }))
        }
    }
}

/// Writes lists of counts, or the rows of a job without input, to all files.
async fn write_counts(
    mut files: Vec<OutputFile>,
    lists: Vec<Pairs>,
    destination: &Destination<'_>,
) -> (Target, Result<ResultTotals, OutputError>) {
    let spec = destination.spec();
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let (layout, top) = (destination.layout(), spec.top);
    let reduction = spec.shape.reduction;
    let empty = match reduction {
        Reduction::Sum => Ok(None),
        Reduction::Groups => empty_rows(destination),
    };
    let mut empty = match empty {
        Ok(empty) => empty,
        Err(error) => return (Target::Files(files), Err(error)),
    };
    run_blocking(move || {
        let mut last = Ok(ResultTotals::default());
        for (output, file) in files.iter_mut().enumerate() {
            let filled = file.fill(|file| match reduction {
                Reduction::Sum => write_lists(&lists, threads, &layout, top, file),
                Reduction::Groups => write_rows(empty.as_mut(), output, layout.clone(), file),
            });
            last = filled.map_err(|error| file.error(error));
            if last.is_err() {
                break;
            }
        }
        (Target::Files(files), last)
    })
    .await
}

/// Assembles the partition results into all files, one file for each output of the job.
async fn assemble_files<B: BlobStore>(
    files: Vec<OutputFile>,
    blobs: &B,
    results: PartitionResults<'_>,
    destination: &Destination<'_>,
) -> (Target, Result<ResultTotals, OutputError>) {
    let spec = destination.spec();
    let mut returned = Vec::with_capacity(files.len());
    let mut outcome = Ok(());
    for (output, file) in (0u32..).zip(files) {
        if outcome.is_err() {
            returned.push(file);
            continue;
        }
        let assembly = AssemblySpec {
            rows: RowSource::of(spec, destination.layout()),
            output,
            compressed: spec.compress,
        };
        let PartitionResults {
            job,
            first,
            outputs,
        } = results;
        let (file, written) = assemble_partitions(blobs, job, first, outputs, assembly, file).await;
        returned.push(file);
        outcome = written.map(drop);
    }
    // The totals are those of the reduce tasks, because a file may hold only the top rows, or one output of several.
    let written = outcome.map(|()| committed_totals(results.outputs));
    (Target::Files(returned), written)
}

/// Moves the committed part files to the result folder.
async fn gather(
    folder: Arc<PartFilesFolder>,
    results: PartitionResults<'_>,
    crash: &CrashPlan,
) -> (Target, Result<ResultTotals, OutputError>) {
    let (job, crash) = (results.job.clone(), crash.clone());
    let (first, outputs) = (results.first, results.outputs.to_vec());
    let gathered = on_folder(&folder, move |folder| {
        folder.gather(&job, first, &outputs, &crash)
    })
    .await;
    (Target::PartFiles(folder), gathered)
}
