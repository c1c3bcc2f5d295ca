//! From what the tasks have stored to the result, if it adds up.

use mapreduce::output::Written;
use mapreduce::{Counters, Pairs};
use store::{BlobStore, JobRef, JobStatus, JobStore, StoreError, Stored};

use super::Shell;
use crate::assemble::{Layout, assemble_parts, promised};
use crate::core::{Event, LostPart};
use crate::error::MasterError;
use crate::output::{Output, gather};
use crate::publish::OutputFile;

impl<S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'_, S, B, P> {
    /// Reads and writes the counts of a job that the store has summed up.
    pub(super) async fn collect(
        &mut self,
        job: &JobRef,
        status: &JobStatus,
    ) -> Result<(), MasterError> {
        let lists = self.store.results(job).await?;
        let sum = lists.iter().filter_map(Pairs::total).sum::<u64>();
        self.check_sums(job, status.counters, sum)?;
        let output = self
            .output
            .take()
            .expect("a result is written before it is published");
        let (output, written) = output.write(job, lists, self.options).await?;
        self.output = Some(output);
        self.written = Some((status.counters, written));
        Ok(())
    }

    /// Makes the result out of the parts of the reduce tasks.
    pub(super) async fn assemble(
        &mut self,
        job: JobRef,
        status: &JobStatus,
    ) -> Result<Event, MasterError> {
        let (maps, total) = (self.plan.maps(), self.plan.total());
        let outputs = self.store.outputs(&job, maps..total).await?;
        let outputs: Option<Vec<Stored>> = outputs.into_iter().collect();
        let Some(outputs) = outputs else {
            // Rolled back since the status was asked for; or somebody changed the job's keys, and it stays so.
            let what = format!("what a reduce task of job {} stored", job.id);
            return Err(StoreError::Lost { what }.into());
        };
        self.check_sums(&job, status.counters, promised(&outputs).total)?;
        let output = self.output.take().expect("nothing else writes now");
        let (output, outcome) = match output {
            Output::File(file) => {
                let (file, outcome) = self.assemble_file(&job, &outputs, file).await;
                (Output::File(file), outcome)
            }
            Output::Parts(folder) => {
                let outcome = gather(&folder, &job, maps, outputs, &self.options.crash).await;
                (Output::Parts(folder), outcome.map_err(Into::into))
            }
        };
        self.output = Some(output);
        match outcome? {
            Ok(written) => {
                self.written = Some((status.counters, written));
                Ok(Event::Assembled)
            }
            Err(lost) if status.state.is_over() => Err(self.lost_for_good(&job, &lost).await?),
            Err(lost) => Ok(Event::PartsLost(lost)),
        }
    }

    async fn assemble_file(
        &self,
        job: &JobRef,
        outputs: &[Stored],
        file: OutputFile,
    ) -> (
        OutputFile,
        Result<Result<Written, Vec<LostPart>>, MasterError>,
    ) {
        let layout = Layout {
            format: self.options.format,
            top: self.plan.spec().top,
            compressed: self.plan.spec().compress,
        };
        let first = self.plan.maps();
        let (file, mut outcome) =
            assemble_parts(&self.blobs, job, first, outputs, layout, file).await;
        if let (Ok(Ok(written)), Some(_)) = (&mut outcome, layout.top) {
            *written = promised(outputs);
        }
        (file, outcome)
    }

    /// A master before this one has closed the job: nothing can be done again, and the next run must not take it
    /// up.
    async fn lost_for_good(
        &self,
        job: &JobRef,
        lost: &[LostPart],
    ) -> Result<MasterError, MasterError> {
        self.retire(job).await?;
        let (count, first) = (lost.len(), lost.first());
        let first = first.map(|part| format!("; task {}: {}", part.task, part.what));
        let reason = format!(
            "{count} of its parts were lost after the job was done and before its result was published{}; the same \
             command runs it anew",
            first.unwrap_or_default()
        );
        let job = job.id.to_string();
        Ok(MasterError::Failed { job, reason })
    }

    /// Nothing is written unless it adds up.
    fn check_sums(&self, job: &JobRef, counters: Counters, sum: u64) -> Result<(), MasterError> {
        let sums = [
            ("the sum of all counts", sum, counters.emitted),
            (
                "the sum of the bytes read",
                counters.bytes,
                self.plan.bytes(),
            ),
        ];
        for (what, found, expected) in sums {
            if found != expected {
                return Err(MasterError::Inexact {
                    job: job.id.to_string(),
                    what,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}
