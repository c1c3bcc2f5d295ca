//! The result of a job out of the parts of its reduce tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use mapreduce::job::{Order, Reduction};
use mapreduce::output::{
    OutputFormat, RowLayout, Written, assemble, assemble_in_memory, assemble_rows,
};
use mapreduce::shuffle::{BlobKind, Section, ShuffleError};
use mapreduce::{JobSpec, TaskIndex};
use store::blobs::sections::store_error;
use store::off_thread;
use store::{
    BlobId, BlobStore, FoundSection, JobRef, LostBlob, SectionSource, Stored, find_sections,
    open_sections,
};

use crate::core::LostPart;
use crate::error::MasterError;
use crate::publish::OutputFile;

/// Parts of together so many bytes are read at once; beyond, each is read piece by piece.
const AT_ONCE: u64 = 64 << 20;
/// As many if they are compressed: they may become several times as long.
const AT_ONCE_COMPRESSED: u64 = AT_ONCE / 8;
/// Most threads that make one result: each reads all parts.
const THREADS: usize = 8;
/// Bytes of a part that are read at once then.
const FETCH: usize = 1 << 20;

/// What a file of the result looks like.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// How rows are written.
    pub(crate) rows: Rows,
    /// Which of the job's outputs it is, from 0.
    pub(crate) output: u32,
    /// Whether the parts are compressed.
    pub(crate) compressed: bool,
}

/// How rows are written, and in which order.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    /// Counts, the most frequent ones first, and only so many.
    Counts(OutputFormat, Option<u64>),
    /// Rows of any values, by key if they are `sorted`.
    Any { layout: RowLayout, sorted: bool },
}

impl Rows {
    /// Those of a job of this specification.
    pub(crate) fn of(spec: &JobSpec, format: OutputFormat) -> Self {
        match spec.shape.reduction {
            Reduction::Sum => Self::Counts(format, spec.top),
            Reduction::Groups => Self::Any {
                layout: RowLayout::new(format, &spec.shape),
                sorted: spec.shape.order == Order::Key,
            },
        }
    }

    fn kind(&self) -> BlobKind {
        match self {
            Self::Counts(..) => BlobKind::Part,
            Self::Any { .. } => BlobKind::RowPart,
        }
    }
}

/// What the parts hold, as their tasks have committed it. Beyond 64 bits it is no sum that adds up.
pub(crate) fn promised(outputs: &[Stored]) -> Written {
    let total = |size: fn(&Stored) -> u64| outputs.iter().map(size).fold(0, u64::saturating_add);
    Written {
        keys: total(|part| part.records),
        total: total(|part| part.sum),
    }
}

/// Puts one output of the parts of the tasks from `first` on, which `outputs` names in order, into the file `output`.
///
/// # Errors
/// The inner error lists parts that are lost. Others are those of the stores and the output.
pub(crate) async fn assemble_parts<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    first: u32,
    outputs: &[Stored],
    layout: Layout,
    output: OutputFile,
) -> (
    OutputFile,
    Result<Result<Written, Vec<LostPart>>, MasterError>,
) {
    let parts = outputs.iter().zip(first..).map(|(stored, task)| BlobId {
        task: TaskIndex(task),
        attempt: stored.attempt.clone(),
    });
    let place = (layout.rows.kind(), layout.output);
    let found = find_sections(blobs, &job.id, parts.collect(), place.0, place.1).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(lost)) => return (output, Ok(Err(lost_parts(lost)))),
        Err(error) => return (output, Err(error.into())),
    };
    let at_once = if layout.compressed {
        AT_ONCE_COMPRESSED
    } else {
        AT_ONCE
    };
    let sources = match open_sections(blobs, &job.id, &found, at_once).await {
        Ok(Ok(sources)) => sources,
        Ok(Err(lost)) => return (output, Ok(Err(lost_parts(lost)))),
        Err(error) => return (output, Err(error.into())),
    };
    let lens = found.iter().map(|found| found.entry.len);
    let total = lens.fold(0, u64::saturating_add);
    let threads = match layout.rows {
        Rows::Counts(_, None) if total <= at_once => {
            available_parallelism().map_or(1, |cores| cores.get().min(THREADS))
        }
        _ => 1,
    };
    let parts: Vec<_> = found.iter().cloned().zip(sources).collect();
    let given_up = GivenUp::default();
    let cancelled = given_up.0.clone();
    let writing = off_thread(move || {
        let mut output = output;
        let open = || sections(&parts, place);
        let written = output.fill(|file| match &layout.rows {
            Rows::Counts(format, top) if threads == 1 => {
                assemble(&mut open(), *format, *top, &cancelled, file)
            }
            Rows::Counts(format, _) => assemble_in_memory(open, threads, *format, &cancelled, file),
            Rows::Any { layout, sorted } => {
                assemble_rows(&mut open(), layout, *sorted, &cancelled, file)
            }
        });
        (output, written)
    });
    let (output, written) = writing.await.expect("assembling does not panic");
    let outcome = match written {
        Ok(written) => Ok(Ok(written)),
        Err(ShuffleError::Lost { section, what }) => {
            let blob = found[section].blob.clone();
            Ok(Err(lost_parts(vec![LostBlob { blob, what }])))
        }
        Err(ShuffleError::Io(error)) => match store_error(&error) {
            Some(error) => Err(error.into()),
            None => Err(output.error(error).into()),
        },
        Err(error) => Err(output.error(std::io::Error::other(error)).into()),
    };
    (output, outcome)
}

/// The sections of the parts, from their first row.
fn sections<B: BlobStore>(
    parts: &[(FoundSection, SectionSource<B>)],
    (kind, output): (BlobKind, u32),
) -> Vec<Section> {
    let section = |(number, (found, source)): (usize, &(FoundSection, SectionSource<B>))| {
        let place = (kind, found.blob.task.0, output);
        Section::new(Box::new(source.clone()), &found.entry, place, FETCH, number)
    };
    parts.iter().enumerate().map(section).collect()
}

/// Set when nobody waits for the assembling any more: a process that ends waits for its threads.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn lost_parts(lost: Vec<LostBlob>) -> Vec<LostPart> {
    let part = |lost: LostBlob| LostPart {
        task: lost.blob.task,
        attempt: lost.blob.attempt,
        what: lost.what,
    };
    lost.into_iter().map(part).collect()
}
