//! The result of a job out of the parts of its reduce tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mapreduce::TaskIndex;
use mapreduce::output::{OutputFormat, Written, assemble};
use mapreduce::shuffle::{BlobKind, Section, ShuffleError};
use store::blobs::sections::store_error;
use store::{BlobId, BlobStore, JobRef, LostBlob, Stored, find_sections, open_sections};
use tokio::task::spawn_blocking;

use crate::core::LostPart;
use crate::error::MasterError;
use crate::publish::OutputFile;

/// Parts of together so many bytes are read at once; beyond, each is read piece by piece.
const AT_ONCE: u64 = 64 << 20;
/// Bytes of a part that are read at once then.
const FETCH: usize = 1 << 20;

/// What the result looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) format: OutputFormat,
    /// Only so many rows, the most frequent ones.
    pub(crate) top: Option<u64>,
}

/// Merges the parts of the tasks from `first` on, which `outputs` names in order, into `output`.
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
    let found = find_sections(blobs, &job.id, parts.collect(), BlobKind::Part, 0).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(lost)) => return (output, Ok(Err(lost_parts(lost)))),
        Err(error) => return (output, Err(error.into())),
    };
    let sources = match open_sections(blobs, &job.id, &found, AT_ONCE).await {
        Ok(Ok(sources)) => sources,
        Ok(Err(lost)) => return (output, Ok(Err(lost_parts(lost)))),
        Err(error) => return (output, Err(error.into())),
    };
    let sections = found.iter().zip(sources).enumerate();
    let sections = sections.map(|(number, (found, source))| {
        let place = (BlobKind::Part, found.blob.task.0, 0);
        Section::new(source, &found.entry, place, FETCH, number)
    });
    let mut sections: Vec<_> = sections.collect();
    let given_up = GivenUp::default();
    let cancelled = given_up.0.clone();
    let writing = spawn_blocking(move || {
        let mut output = output;
        let Layout { format, top } = layout;
        let written = output.fill(|file| assemble(&mut sections, format, top, &cancelled, file));
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
