//! The assembly of a result file from the partition results of reduce tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use mapreduce_core::{JobSpec, TaskIndex};
use mapreduce_core::{Order, Reduction};
use mapreduce_formats::output::{
    ResultTotals, RowLayout, assemble, assemble_in_memory, assemble_rows,
};
use mapreduce_shuffle::{BlobKind, Section, ShuffleError};
use store::blobs::sections::store_error;
use store::{
    BlobId, BlobStore, FoundSection, JobRef, LostBlob, SectionError, SectionSource, StoredOutput,
    find_sections, open_sections,
};

use super::error::OutputError;
use super::file::OutputFile;
use super::target::run_blocking;
use crate::core::LostPartition;

/// Maximum bytes of partition results that are read into memory at once. Larger results are read in pieces.
const MAX_IN_MEMORY: u64 = 64 << 20;
/// The same for compressed results, which become several times as long.
const MAX_COMPRESSED_IN_MEMORY: u64 = MAX_IN_MEMORY / 8;
/// Maximum threads for one file. Each thread reads all partition results, so more threads add little.
const MAX_THREADS: usize = 8;
/// Bytes of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// Content of one file of the result.
#[derive(Debug, Clone)]
pub(super) struct AssemblySpec {
    /// Rows to write.
    pub(super) rows: RowSource,
    /// Index of the job's output, from 0.
    pub(super) output: u32,
    /// True if the partition results are compressed.
    pub(super) compressed: bool,
}

/// Kind and order of the rows to write.
#[derive(Debug, Clone)]
pub(super) enum RowSource {
    /// Counts, in descending order; at most the given number of them.
    Counts(RowLayout, Option<u64>),
    /// Rows of any values, by key if `sorted`.
    Any { layout: RowLayout, sorted: bool },
}

impl RowSource {
    /// Returns the rows of a job with this specification, in this layout.
    pub(super) fn of(spec: &JobSpec, layout: RowLayout) -> Self {
        match spec.shape.reduction {
            Reduction::Sum => Self::Counts(layout, spec.top),
            Reduction::Groups => Self::Any {
                layout,
                sorted: spec.shape.order == Order::Key,
            },
        }
    }

    fn kind(&self) -> BlobKind {
        match self {
            Self::Counts(..) => BlobKind::PartitionResult,
            Self::Any { .. } => BlobKind::RowPartitionResult,
        }
    }
}

/// Opened sections of partition results.
type OpenSections<B> = Vec<(FoundSection, SectionSource<B>)>;

/// Assembles the results of the reduce tasks from `first` on into `file`. `outputs` lists what the tasks committed, in
/// order. Returns the file too, so that it can be filled again.
///
/// # Errors
/// Results are lost, the store fails, or the file cannot be written.
pub(super) async fn assemble_partitions<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    first: u32,
    outputs: &[StoredOutput],
    spec: AssemblySpec,
    file: OutputFile,
) -> (OutputFile, Result<ResultTotals, OutputError>) {
    match open(blobs, job, first, outputs, &spec).await {
        Ok(sections) => write(sections, spec, file).await,
        Err(error) => (file, Err(error)),
    }
}

/// Opens the sections of one output in all partition results.
async fn open<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    first: u32,
    outputs: &[StoredOutput],
    spec: &AssemblySpec,
) -> Result<OpenSections<B>, OutputError> {
    let ids = outputs.iter().zip(first..).map(|(stored, task)| BlobId {
        task: TaskIndex(task),
        attempt: stored.attempt.clone(),
    });
    let (kind, output) = (spec.rows.kind(), spec.output);
    let found = find_sections(blobs, &job.id, ids.collect(), kind, output)
        .await
        .map_err(section_error)?;
    let sources = open_sections(blobs, &job.id, &found, in_memory_limit(spec))
        .await
        .map_err(section_error)?;
    Ok(found.into_iter().zip(sources).collect())
}

fn in_memory_limit(spec: &AssemblySpec) -> u64 {
    match spec.compressed {
        true => MAX_COMPRESSED_IN_MEMORY,
        false => MAX_IN_MEMORY,
    }
}

/// Merges the sections into `file`, off the async threads.
async fn write<B: BlobStore>(
    parts: OpenSections<B>,
    spec: AssemblySpec,
    file: OutputFile,
) -> (OutputFile, Result<ResultTotals, OutputError>) {
    let lens = parts.iter().map(|(found, _)| found.entry.len);
    let total = lens.fold(0, u64::saturating_add);
    let threads = match spec.rows {
        RowSource::Counts(ref layout, None)
            if layout.has_text() && total <= in_memory_limit(&spec) =>
        {
            available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS))
        }
        _ => 1,
    };
    let cancel_on_drop = CancelOnDrop::default();
    let cancelled = cancel_on_drop.0.clone();
    run_blocking(move || {
        let mut file = file;
        let location = (spec.rows.kind(), spec.output);
        let open = || sections(&parts, location);
        let written = file.fill(|file| match &spec.rows {
            RowSource::Counts(layout, top) if threads == 1 => {
                assemble(&mut open(), layout, *top, &cancelled, file)
            }
            RowSource::Counts(layout, _) => {
                assemble_in_memory(open, threads, layout, &cancelled, file)
            }
            RowSource::Any { layout, sorted } => {
                assemble_rows(&mut open(), layout, *sorted, &cancelled, file)
            }
        });
        let written = written.map_err(|error| output_error(error, &parts, &file));
        (file, written)
    })
    .await
}

/// Returns the sections of the partition results, each from its first row.
fn sections<B: BlobStore>(
    parts: &OpenSections<B>,
    (kind, output): (BlobKind, u32),
) -> Vec<Section> {
    let section = |(number, (found, source)): (usize, &(FoundSection, SectionSource<B>))| {
        let location = (kind, found.blob.task.0, output);
        let source = Box::new(source.clone());
        Section::new(source, &found.entry, location, PIECE_BYTES, number)
    };
    parts.iter().enumerate().map(section).collect()
}

/// Converts an error of the merge.
fn output_error<B>(error: ShuffleError, parts: &OpenSections<B>, file: &OutputFile) -> OutputError {
    match error {
        ShuffleError::Lost { section, what } => {
            let blob = parts[section].0.blob.clone();
            partitions_lost(vec![LostBlob { blob, what }])
        }
        // The merge reads through `io::Read`, which wraps errors of the store.
        ShuffleError::Io(error) => match store_error(&error) {
            Some(error) => OutputError::Store(error),
            None => file.error(error),
        },
        error => file.error(std::io::Error::other(error)),
    }
}

fn section_error(error: SectionError) -> OutputError {
    match error {
        SectionError::Store(error) => OutputError::Store(error),
        SectionError::Lost(lost) => partitions_lost(lost),
    }
}

fn partitions_lost(lost: Vec<LostBlob>) -> OutputError {
    let partition = |lost: LostBlob| LostPartition {
        task: lost.blob.task,
        attempt: lost.blob.attempt,
        damage: lost.what,
    };
    OutputError::PartitionsLost(lost.into_iter().map(partition).collect())
}

/// Cancels the merge when the future that waits for it is dropped. A process waits for its threads when it ends, so an
/// abandoned merge must stop.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
