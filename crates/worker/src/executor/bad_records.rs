//! Bad records, at which the code of a job fails. The error names the first one, or the attempt skips and lists them if
//! `job.skip_bad_records` allows it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::JobError;
use mapreduce_formats::reader::{RecordExcerpt, Selection};
use mapreduce_job::MapSink;
use mapreduce_job::map;
use mapreduce_job::map::MapError;
use store::blobs::bad_records::{BadRecord, pack};
use tokio::time::Instant;
use tracing::{info, warn};

use super::bisection::{Bounds, FailedTrial, Progress, find_bad_records};
use super::map::{MapRun, from_code};
use super::search_budget::SearchBudget;
use crate::core::AttemptOutcome;

/// Smallest number of times that a record must fail alone to be bad: commands may fail at random.
const MIN_CONFIRMATIONS: u32 = 2;
/// First attempt that may skip records. A failure of the first attempt may be random.
const FIRST_SKIPPING_ATTEMPT: u32 = 2;
/// Number of trials between two log messages of a search.
const LOG_EVERY: u32 = 10;

/// A bad record and its error. `None` if the failed trial read no record.
type FailedRecord = Option<(RecordExcerpt, JobError)>;

/// Returns true if a search may find the record that caused `error`. A search after a stall is worth its time only if
/// the records can be skipped, because every trial that stalls takes long.
fn is_worth_a_search(error: &JobError, skips: bool) -> bool {
    !error.is_permanent() && (skips || !error.is_stalled())
}

impl MapRun<'_> {
    /// Returns true if the attempt should search for bad records after `error`. It may skip them, and the last attempt
    /// names the first one in its error.
    pub(super) fn should_search(&self, error: &MapError) -> bool {
        let attempt = self.claim.deliveries;
        let is_last = attempt >= self.environment.max_attempts;
        let skips = self.skips();
        let is_worth_it =
            matches!(error, MapError::Job { error, .. } if is_worth_a_search(error, skips));
        is_worth_it && (is_last || (skips && attempt >= FIRST_SKIPPING_ATTEMPT))
    }

    /// Finds the bad records after an attempt that took `took` and ended with `failure`, and maps all others.
    ///
    /// # Errors
    /// [`MapError::BadRecord`], which names the first one, if there are more than the job may skip. `failure`, if no
    /// single record causes it.
    pub(super) fn skip_bad_records(
        &self,
        failure: MapError,
        took: Duration,
    ) -> Result<AttemptOutcome, MapError> {
        let task = self.claim.task.index;
        let limit = usize::try_from(self.job.spec.skip_bad_records).unwrap_or(usize::MAX);
        let found = self.search(&failure, took, limit)?;
        let Some((first, error)) = found.first() else {
            return Err(failure);
        };
        if found.len() > limit {
            return Err(self.bad_record_error(first, error)?);
        }
        let skipped: BTreeSet<u64> = found.iter().map(|(record, _)| record.offset).collect();
        let all = 0..u64::MAX;
        let rest = Arc::new(Selection::new(all, Arc::new(skipped)));
        let (output, counters) = self.run(Some(&rest))?;
        let records = found
            .into_iter()
            .map(|(record, error)| self.listed(record, error));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        for record in &records {
            let BadRecord {
                file,
                offset,
                error,
                ..
            } = record;
            warn!(%task, file, offset, error, "skipped a bad record");
        }
        Ok(AttemptOutcome::Succeeded {
            output,
            counters,
            bad_records: Some(Box::new(pack(&records))),
        })
    }

    /// Finds up to `limit + 1` bad records. The last one proves that there are too many.
    fn search(
        &self,
        failure: &MapError,
        took: Duration,
        limit: usize,
    ) -> Result<Vec<(RecordExcerpt, JobError)>, MapError> {
        let (task, reason) = (self.claim.task.index, failure.to_string());
        info!(%task, reason, "searching for bad records");
        let retries = self.environment.max_attempts.saturating_sub(1);
        let bounds = Bounds {
            confirmations: retries.max(MIN_CONFIRMATIONS),
            limit: limit.saturating_add(1),
        };
        let mut budget = SearchBudget::new(took, Instant::now());
        let may_continue = |progress: Progress| {
            let Progress { trials, bad } = progress;
            if trials > 0 && trials % LOG_EVERY == 0 {
                info!(%task, trials, bad, "still searching for bad records");
            }
            let is_allowed = budget.allows(progress, Instant::now());
            if !is_allowed {
                warn!(%task, trials, bad, "stopped the search for bad records, because it takes too long");
            }
            is_allowed
        };
        let found = find_bad_records(bounds, may_continue, |range| self.trial(range))?;
        Ok(found.into_iter().filter_map(|(_, record)| record).collect())
    }

    /// Maps the records that start in `range`, and discards the output.
    fn trial(&self, range: Range<u64>) -> Result<Option<FailedTrial<FailedRecord>>, MapError> {
        let only = Arc::new(Selection::new(range, Arc::default()));
        let mut task = self.code.mapper(&self.fresh_context()).map_err(from_code)?;
        let mut sink = MapSink::nothing();
        match self.mapping().run_only(&only, &mut *task, &mut sink) {
            Ok(_) => Ok(None),
            Err(MapError::Job { at, error, .. }) if is_worth_a_search(&error, self.skips()) => {
                let seen = only.seen();
                Ok(Some(FailedTrial {
                    read: seen.first.as_ref().map(|first| (first.offset, seen.last)),
                    at,
                    failure: seen.first.map(|first| (first, error)),
                }))
            }
            Err(error) => Err(error),
        }
    }

    fn skips(&self) -> bool {
        self.job.spec.skip_bad_records > 0
    }

    /// Returns the entry of a skipped record in the list of bad records.
    fn listed(&self, record: RecordExcerpt, error: JobError) -> Result<BadRecord, MapError> {
        let location = self.mapping().locate(record.offset)?;
        Ok(BadRecord {
            file: self.context.path.display().to_string(),
            offset: location.offset,
            line: location.line,
            error: error.to_string(),
            length: record.is_cut().then_some(record.len),
            record: record.text,
        })
    }

    /// Returns the error that names the first bad record.
    fn bad_record_error(
        &self,
        record: &RecordExcerpt,
        error: &JobError,
    ) -> Result<MapError, MapError> {
        let hint = match self.job.spec.skip_bad_records {
            0 => " (job.skip_bad_records lets the job skip such records)".to_owned(),
            limit => format!(
                "; this is the first of more than {limit} bad records (job.skip_bad_records={limit})"
            ),
        };
        let bad = map::BadRecord {
            path: self.context.path.clone(),
            location: self.mapping().locate(record.offset)?,
            error: error.clone(),
            record: record.clone(),
            hint,
        };
        Ok(MapError::BadRecord(Box::new(bad)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_leads_to_a_search_only_if_records_can_be_skipped() {
        let stalled = JobError::stalled("it neither read nor wrote");
        assert!(!is_worth_a_search(&stalled, false) && is_worth_a_search(&stalled, true));
        let failed = JobError::new("exit code 1");
        assert!(is_worth_a_search(&failed, false) && is_worth_a_search(&failed, true));
        let permanent = JobError::permanent("no such program");
        assert!(!is_worth_a_search(&permanent, true));
    }
}
