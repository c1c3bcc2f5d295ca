//! The target of an output: the locked files, or the folder of part files.

use std::sync::Arc;

use store::JobRef;

use super::error::OutputError;
use super::file::OutputFile;
use super::part_files::PartFilesFolder;

/// Locked files or folder.
#[derive(Debug)]
pub(super) enum Target {
    /// The main output, followed by the outputs that the job names.
    Files(Vec<OutputFile>),
    /// A folder. Shared with the threads that work on it.
    PartFiles(Arc<PartFilesFolder>),
}

impl Target {
    /// Prepares for the tasks of `job`. Can be repeated.
    pub(super) async fn begin(&self, job: &JobRef) -> Result<(), OutputError> {
        match self {
            Self::Files(_) => Ok(()),
            Self::PartFiles(folder) => {
                let job = job.clone();
                on_folder(folder, move |folder| folder.begin(&job)).await
            }
        }
    }

    /// Removes the files of tasks. Call it only if no later master will resume the job.
    pub(super) async fn discard(&self) {
        if let Self::PartFiles(folder) = self {
            on_folder(folder, PartFilesFolder::discard).await;
        }
    }
}

/// Runs `work`, which blocks, on the folder and off the async threads.
pub(super) async fn on_folder<T: Send + 'static>(
    folder: &Arc<PartFilesFolder>,
    work: impl FnOnce(&PartFilesFolder) -> T + Send + 'static,
) -> T {
    let folder = folder.clone();
    run_blocking(move || work(&folder)).await
}

/// Runs `work`, which blocks, off the async threads.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    store::run_blocking(work)
        .await
        .expect("writing the output does not panic")
}
