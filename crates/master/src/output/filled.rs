//! Filled and published outputs: the last two stages.

use mapreduce_formats::output::ResultTotals;
use settings::CrashPlan;
use store::JobRef;

use super::error::OutputError;
use super::target::{Target, on_folder, run_blocking};

/// Output that holds the whole result under a temporary name.
#[derive(Debug)]
pub(crate) struct FilledOutput {
    target: Target,
    written: ResultTotals,
}

/// Published output, under its final name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublishedOutput {
    /// Content of the output.
    pub(crate) written: ResultTotals,
}

impl FilledOutput {
    pub(super) fn new(target: Target, written: ResultTotals) -> Self {
        Self { target, written }
    }

    /// Prepares the folder of part files for the tasks of `job` again. Idempotent.
    pub(crate) async fn begin(&self, job: &JobRef) -> Result<(), OutputError> {
        self.target.begin(job).await
    }

    /// Renames the output to its final name.
    ///
    /// # Errors
    /// A file cannot be renamed. The output is returned too, because dropping it removes the temporary files.
    pub(crate) async fn publish(
        self,
        job: &JobRef,
        crash: &CrashPlan,
    ) -> Result<PublishedOutput, (Self, OutputError)> {
        let Self { target, written } = self;
        let crash = crash.clone();
        let (target, published) = match target {
            Target::Files(mut files) => {
                run_blocking(move || {
                    // The main file is last, so that all others exist once it does.
                    let published = files
                        .iter_mut()
                        .rev()
                        .try_for_each(|file| file.publish(&crash));
                    (Target::Files(files), published)
                })
                .await
            }
            Target::PartFiles(folder) => {
                let job = job.clone();
                let published =
                    on_folder(&folder, move |folder| folder.publish(&job, &crash)).await;
                (Target::PartFiles(folder), published)
            }
        };
        match published {
            Ok(()) => Ok(PublishedOutput { written }),
            Err(error) => Err((Self { target, written }, error)),
        }
    }

    /// Removes the files of tasks. Call it only if no later master will resume the job.
    pub(crate) async fn discard(&self) {
        self.target.discard().await;
    }
}
