//! From what the tasks have stored to the result, if it adds up.

use mapreduce::job::Reduction;
use mapreduce::output::Written;
use mapreduce::{Counters, Pairs};
use store::{BlobStore, JobRef, JobStatus, JobStore, StoreError, Stored};

use super::Shell;
use crate::assemble::{Layout, Rows, assemble_parts, promised};
use crate::bad_records::{self, Listed};
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
        self.check_sums(job, &status.counters, sum)?;
        let output = self
            .output
            .take()
            .expect("a result is written before it is published");
        let (output, written) = output.write(job, lists, self.options).await?;
        self.output = Some(output);
        self.written = Some((status.counters.clone(), written));
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
        self.check_outputs(&job, &status.counters, &outputs).await?;
        let output = self.output.take().expect("nothing else writes now");
        let (output, outcome) = match output {
            Output::Files(files) => {
                let (files, outcome) = self.assemble_files(&job, &outputs, files).await;
                (Output::Files(files), outcome)
            }
            Output::Parts(folder) => {
                let outcome = gather(&folder, &job, maps, outputs, &self.options.crash).await;
                (Output::Parts(folder), outcome.map_err(Into::into))
            }
        };
        self.output = Some(output);
        match outcome? {
            Ok(written) => {
                self.written = Some((status.counters.clone(), written));
                Ok(Event::Assembled)
            }
            Err(lost) if status.state.is_over() => Err(self.lost_for_good(&job, &lost).await?),
            Err(lost) => Ok(Event::PartsLost(lost)),
        }
    }

    /// Writes the file of the records that were left out, or removes that of an earlier run; a job that may leave none
    /// out touches no such file. May be done again.
    pub(super) async fn list_bad_records(
        &self,
        job: &JobRef,
        status: &JobStatus,
    ) -> Result<(), MasterError> {
        let Some(path) = bad_records::written(self.options) else {
            return Ok(());
        };
        let left_out = status.counters.skipped_records;
        let listed = match left_out {
            0 => Listed::default(),
            _ => {
                let outputs = self.store.outputs(job, 0..self.plan.maps()).await?;
                bad_records::read(&self.blobs, job, &outputs).await?
            }
        };
        Ok(bad_records::publish(path, listed, left_out, &self.options.crash).await?)
    }

    /// Fills the files of all outputs.
    async fn assemble_files(
        &self,
        job: &JobRef,
        outputs: &[Stored],
        files: Vec<OutputFile>,
    ) -> (
        Vec<OutputFile>,
        Result<Result<Written, Vec<LostPart>>, MasterError>,
    ) {
        let (first, spec) = (self.plan.maps(), self.plan.spec());
        let mut filled = Vec::with_capacity(files.len());
        let mut outcome = Ok(Ok(Written::default()));
        for (output, file) in (0u32..).zip(files) {
            if !matches!(outcome, Ok(Ok(_))) {
                filled.push(file);
                continue;
            }
            let layout = Layout {
                rows: Rows::of(spec, self.options.format),
                output,
                compressed: spec.compress,
            };
            let (file, written) =
                assemble_parts(&self.blobs, job, first, outputs, layout, file).await;
            filled.push(file);
            outcome = written;
        }
        // Of a result that is cut short, and of several outputs: what was reduced.
        let outcome = outcome.map(|written| written.map(|_| promised(outputs)));
        (filled, outcome)
    }

    /// What the reduce tasks stored must be all that the map tasks did.
    async fn check_outputs(
        &self,
        job: &JobRef,
        counters: &Counters,
        outputs: &[Stored],
    ) -> Result<(), MasterError> {
        let sum = promised(outputs).total;
        if self.plan.spec().shape.reduction == Reduction::Sum {
            return self.check_sums(job, counters, sum);
        }
        // Pairs: a combiner makes fewer of them than were emitted.
        let runs = self.store.outputs(job, 0..self.plan.maps()).await?;
        let runs: Option<Vec<Stored>> = runs.into_iter().collect();
        let Some(runs) = runs else {
            let what = format!("what a map task of job {} stored", job.id);
            return Err(StoreError::Lost { what }.into());
        };
        let what = "the number of pairs that were reduced";
        self.check(job, what, sum, promised(&runs).total)?;
        self.check_bytes(job, counters)
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
    fn check_sums(&self, job: &JobRef, counters: &Counters, sum: u64) -> Result<(), MasterError> {
        self.check(job, "the sum of all counts", sum, counters.emitted)?;
        self.check_bytes(job, counters)
    }

    fn check_bytes(&self, job: &JobRef, counters: &Counters) -> Result<(), MasterError> {
        let (found, expected) = (counters.bytes, self.plan.bytes());
        self.check(job, "the sum of the bytes read", found, expected)
    }

    fn check(
        &self,
        job: &JobRef,
        what: &'static str,
        found: u64,
        expected: u64,
    ) -> Result<(), MasterError> {
        if found == expected {
            return Ok(());
        }
        Err(MasterError::Inexact {
            job: job.id.to_string(),
            what,
            found,
            expected,
        })
    }
}
