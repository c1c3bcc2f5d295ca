//! Where the result goes: a file that the master writes, or a folder of files that reduce tasks write.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use mapreduce::output::{Written, write_lists};
use mapreduce::{Aggregate, Pairs, input};
use runtime::CrashPlan;
use store::{JobRef, Stored};
use tokio::task::spawn_blocking;

use crate::core::LostPart;
use crate::error::MasterError;
use crate::options::Options;
use crate::parts::{self, PartsFolder};
use crate::publish::{OutputError, OutputFile};

/// An output that nobody else writes.
pub(crate) enum Output {
    File(OutputFile),
    Parts(Arc<PartsFolder>),
}

impl Output {
    /// Refuses what cannot be written, before any work: a result that cannot be is not worth computing.
    pub(crate) fn prepare(options: &Options) -> Result<Self, MasterError> {
        let Options {
            request, output, ..
        } = options;
        let with_parts = request.spec.part_files.is_some();
        if with_parts {
            check_parts(options)?;
        }
        if let Some(input) = input::reads(&request.inputs, output) {
            let (input, output) = (input.to_path_buf(), output.clone());
            return Err(MasterError::OutputIsInput { output, input });
        }
        if let Some(input) = parts::input_in(&request.inputs, output).filter(|_| with_parts) {
            let (input, output) = (input.to_path_buf(), output.clone());
            return Err(MasterError::InputInOutput { output, input });
        }
        Ok(match with_parts {
            true => {
                let folder = PartsFolder::prepare(output, options.format, options.resumes)?;
                Self::Parts(Arc::new(folder))
            }
            false => Self::File(OutputFile::prepare(output)?),
        })
    }

    /// Gets ready for the tasks of `job`. May be done again.
    pub(crate) async fn begin(&self, job: &JobRef) -> Result<(), MasterError> {
        match self {
            Self::File(_) => Ok(()),
            Self::Parts(folder) => {
                let job = job.clone();
                Ok(on_folder(folder, move |folder| folder.begin(&job)).await?)
            }
        }
    }

    /// Writes lists of counts, of which there are none if tasks write the result.
    pub(crate) async fn write(
        self,
        job: &JobRef,
        lists: Vec<Pairs>,
        options: &Options,
    ) -> Result<(Self, Written), MasterError> {
        let mut file = match self {
            Self::File(file) => file,
            Self::Parts(folder) => {
                let gathered = gather(&folder, job, 0, Vec::new(), &options.crash).await?;
                let written = gathered.unwrap_or_default();
                return Ok((Self::Parts(folder), written));
            }
        };
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let (format, top) = (options.format, options.request.spec.top);
        let writing = spawn_blocking(move || {
            let written = file.fill(|file| write_lists(&lists, threads, format, top, file));
            written
                .map_err(|error| file.error(error))
                .map(|written| (Self::File(file), written))
        });
        Ok(writing.await.expect("writing does not panic")?)
    }

    /// Puts what was written in its place.
    pub(crate) async fn publish(self, job: &JobRef, crash: &CrashPlan) -> Result<(), MasterError> {
        let (job, crash) = (job.clone(), crash.clone());
        let publishing = spawn_blocking(move || match self {
            Self::File(file) => file.publish(&crash),
            Self::Parts(folder) => folder.publish(&job, &crash),
        });
        Ok(publishing.await.expect("renaming does not panic")?)
    }

    /// Removes what tasks have written: nobody will take the job up again.
    pub(crate) async fn discard(&self) {
        if let Self::Parts(folder) = self {
            on_folder(folder, PartsFolder::discard).await;
        }
    }
}

/// Puts the parts of the tasks from `first` on together; the inner error lists those that are lost.
pub(crate) async fn gather(
    folder: &Arc<PartsFolder>,
    job: &JobRef,
    first: u32,
    outputs: Vec<Stored>,
    crash: &CrashPlan,
) -> Result<Result<Written, Vec<LostPart>>, OutputError> {
    let (job, crash) = (job.clone(), crash.clone());
    on_folder(folder, move |folder| {
        folder.gather(&job, first, &outputs, &crash)
    })
    .await
}

/// Works on the folder off the async threads.
async fn on_folder<T: Send + 'static>(
    folder: &Arc<PartsFolder>,
    work: impl FnOnce(&PartsFolder) -> T + Send + 'static,
) -> T {
    let folder = folder.clone();
    let working = spawn_blocking(move || work(&folder));
    working.await.expect("renaming does not panic")
}

/// Refuses settings that part files do not go with.
fn check_parts(options: &Options) -> Result<(), MasterError> {
    let spec = &options.request.spec;
    let (with, what) = match (spec.aggregate, spec.top) {
        (Aggregate::Live, _) => (
            "job.aggregate=live".to_owned(),
            "where no reduce task writes a part; use job.aggregate=shuffle",
        ),
        (_, Some(top)) => (
            format!("output.top={top}"),
            "as each part would have a top of its own; set one of them",
        ),
        _ => return Ok(()),
    };
    Err(MasterError::NoParts { with, what })
}
