//! The actions that assemble the output from the stored results of tasks, check its totals and publish it.

use mapreduce_core::Reduction;
use mapreduce_core::counters::MISSING;
use mapreduce_core::{Counters, Pairs};
use store::{BlobStore, JobRef, JobStatus, JobStore, StoreError, StoredOutput};

use super::shell::{ResultStage, Shell};
use crate::core::{Event, LostPartition};
use crate::error::MasterError;
use crate::output::{
    FillFailure, FilledOutput, OutputError, PartitionResults, PreparedOutput, bad_records,
    committed_totals,
};

impl<S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'_, S, B, P> {
    /// Fills the output from the partition results of the reduce tasks.
    pub(super) async fn assemble(
        &self,
        stage: ResultStage,
        job: &JobRef,
        status: &JobStatus,
    ) -> (ResultStage, Result<Event, MasterError>) {
        let prepared = match stage {
            ResultStage::Prepared(prepared) => prepared,
            // A filled output stays valid, even if the store was rolled back.
            stage @ (ResultStage::Filled { .. } | ResultStage::Published { .. }) => {
                return (stage, Ok(Event::Assembled));
            }
        };
        let outputs = match self.checked_outputs(job, &status.counters).await {
            Ok(outputs) => outputs,
            Err(error) => return (ResultStage::Prepared(prepared), Err(error)),
        };
        let results = PartitionResults {
            job,
            first: self.plan.maps(),
            outputs: &outputs,
        };
        let (destination, crash) = (self.destination(), &self.options.crash);
        let filling = prepared.fill_from_partitions(&self.blobs, results, &destination, crash);
        match filling.await {
            Ok(output) => {
                let counters = status.counters.clone();
                let stage = ResultStage::Filled { output, counters };
                (stage, Ok(Event::Assembled))
            }
            Err(failure) => {
                let FillFailure { output, error } = *failure;
                let stage = ResultStage::Prepared(output);
                let outcome = match error {
                    OutputError::PartitionsLost(lost) if status.state.is_over() => {
                        Err(self.lost_for_good(job, &stage, &lost).await)
                    }
                    OutputError::PartitionsLost(lost) => Ok(Event::PartitionsLost(lost)),
                    error => Err(error.into()),
                };
                (stage, outcome)
            }
        }
    }

    /// Publishes the output. With live aggregation, reads the counts from the store and writes them first.
    pub(super) async fn publish(
        &self,
        stage: ResultStage,
        job: &JobRef,
        status: &JobStatus,
    ) -> (ResultStage, Result<Event, MasterError>) {
        let (filled, counters) = match stage {
            ResultStage::Prepared(prepared) => match self.collect(prepared, job, status).await {
                Ok(filled) => (filled, status.counters.clone()),
                Err((prepared, error)) => return (ResultStage::Prepared(prepared), Err(error)),
            },
            ResultStage::Filled { output, counters } => (output, counters),
            stage @ ResultStage::Published { .. } => return (stage, Ok(Event::Published)),
        };
        // The list comes before the result, so that a user who finds the result also finds the list.
        if let Err(error) = self.list_bad_records(job, status).await {
            let output = filled;
            return (ResultStage::Filled { output, counters }, Err(error));
        }
        match filled.publish(job, &self.options.crash).await {
            Ok(output) => {
                let stage = ResultStage::Published { output, counters };
                (stage, Ok(Event::Published))
            }
            Err((output, error)) => {
                let stage = ResultStage::Filled { output, counters };
                (stage, Err(error.into()))
            }
        }
    }

    /// Fills the output with the counts that the store has added up.
    async fn collect(
        &self,
        prepared: PreparedOutput,
        job: &JobRef,
        status: &JobStatus,
    ) -> Result<FilledOutput, (PreparedOutput, MasterError)> {
        let lists = match self.checked_counts(job, &status.counters).await {
            Ok(lists) => lists,
            Err(error) => return Err((prepared, error)),
        };
        let destination = self.destination();
        let filling = prepared.fill_with_counts(job, lists, &destination, &self.options.crash);
        filling
            .await
            .map_err(|failure| (failure.output, failure.error.into()))
    }

    /// Reads the counts of the store and checks their total.
    async fn checked_counts(
        &self,
        job: &JobRef,
        counters: &Counters,
    ) -> Result<Vec<Pairs>, MasterError> {
        let lists = self.store.results(job).await?;
        let sum = lists.iter().filter_map(Pairs::total).sum::<u64>();
        self.check_counts(job, counters, sum)?;
        Ok(lists)
    }

    /// Returns the outputs of the reduce tasks. Checks that they contain everything that the map tasks have emitted.
    async fn checked_outputs(
        &self,
        job: &JobRef,
        counters: &Counters,
    ) -> Result<Vec<StoredOutput>, MasterError> {
        let (maps, total) = (self.plan.maps(), self.plan.total());
        let outputs = self.store.outputs(job, maps..total).await?;
        let outputs = all_stored(outputs, job, "reduce")?;
        let sum = committed_totals(&outputs).total;
        if self.plan.spec().shape.reduction == Reduction::Sum {
            self.check_counts(job, counters, sum)?;
            return Ok(outputs);
        }
        // A combiner merges pairs after they were emitted, so the number of pairs in the runs is the reference.
        let runs = self.store.outputs(job, 0..maps).await?;
        let runs = all_stored(runs, job, "map")?;
        let expected = committed_totals(&runs).total;
        check(job, "the number of reduced pairs", sum, expected)?;
        self.check_bytes(job, counters)?;
        Ok(outputs)
    }

    /// Writes the list of skipped records, or removes that of an earlier run. Does nothing if the job must not
    /// skip any record. Can be repeated.
    async fn list_bad_records(&self, job: &JobRef, status: &JobStatus) -> Result<(), MasterError> {
        let Some(path) = self.destination().bad_records_file() else {
            return Ok(());
        };
        let skipped = status.counters.skipped_records;
        let lists = if skipped == 0 {
            bad_records::BadRecordLists::default()
        } else {
            let outputs = self.store.outputs(job, 0..self.plan.maps()).await?;
            bad_records::read(&self.blobs, job, &outputs).await?
        };
        Ok(bad_records::publish(path, lists, skipped, &self.options.crash).await?)
    }

    /// Retires a job that an earlier master has closed, and returns the error that ends it.
    ///
    /// The tasks of a closed job cannot be rerun, and the next run must not resume it.
    async fn lost_for_good(
        &self,
        job: &JobRef,
        stage: &ResultStage,
        lost: &[LostPartition],
    ) -> MasterError {
        if let Err(error) = self.retire(job, stage).await {
            return error.into();
        }
        let (count, first) = (lost.len(), lost.first());
        let first = first.map(|lost| format!("; task {}: {}", lost.task, lost.damage));
        let reason = format!(
            "{count} results of reduce tasks were lost before the output was written{}; run the same command again",
            first.unwrap_or_default()
        );
        let job = job.id.to_string();
        MasterError::Failed { job, reason }
    }

    fn check_counts(&self, job: &JobRef, counters: &Counters, sum: u64) -> Result<(), MasterError> {
        check(job, "the sum of all counts", sum, counters.emitted)?;
        self.check_bytes(job, counters)
    }

    fn check_bytes(&self, job: &JobRef, counters: &Counters) -> Result<(), MasterError> {
        let (found, expected) = (counters.bytes, self.plan.input_bytes());
        check(job, "the number of bytes read", found, expected)?;
        match self.options.request.allow_empty {
            true => Ok(()),
            false => check_records(job, counters),
        }
    }
}

/// Rejects input without records or selected values, because it probably does not match the settings.
fn check_records(job: &JobRef, counters: &Counters) -> Result<(), MasterError> {
    let failed = |reason: String| {
        let job = job.id.to_string();
        let reason = format!("{reason}; set input.allow_empty=true to accept this");
        Err(MasterError::Failed { job, reason })
    };
    let records = counters.records;
    let missing = counters.custom.iter().find_map(|(name, missing)| {
        let pointer = name.strip_prefix(MISSING)?;
        (records > 0 && *missing == records).then_some(pointer)
    });
    if let Some(pointer) = missing {
        return failed(format!(
            "none of the {records} records has a value at {pointer:?}; check the pointer, which starts at the root of each line"
        ));
    }
    // Blank lines are neither records nor defective.
    let Counters {
        bytes,
        short_records,
        invalid_json,
        missing_values,
        ..
    } = counters;
    let no_record = format!("no record found in {bytes} bytes of input");
    let found = records + counters.skipped_records;
    match (found, invalid_json, missing_values, short_records) {
        (0, 1.., ..) => failed(format!(
            "{no_record}: {invalid_json} lines are not valid JSON; check input.format and the file"
        )),
        (0, 0, 1.., _) => failed(format!(
            "{no_record}: {missing_values} records lack the selected value; check input.column or input.pointer"
        )),
        (0, 0, 0, 1..) => failed(format!(
            "{no_record}: {short_records} records lack the selected column; check input.column and input.delimiter"
        )),
        _ => Ok(()),
    }
}

/// Returns the outputs of all tasks of a `kind`.
///
/// # Errors
/// An output is missing. The store was rolled back after it reported the status, which is transient. If another program
/// removed the key, the error persists until the deadline.
fn all_stored(
    outputs: Vec<Option<StoredOutput>>,
    job: &JobRef,
    kind: &str,
) -> Result<Vec<StoredOutput>, StoreError> {
    let all: Option<Vec<StoredOutput>> = outputs.into_iter().collect();
    all.ok_or_else(|| StoreError::Lost {
        what: format!("the output of a {kind} task of job {}", job.id),
    })
}

/// Returns an error if a total is wrong. The output is then not written.
fn check(job: &JobRef, what: &'static str, found: u64, expected: u64) -> Result<(), MasterError> {
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
