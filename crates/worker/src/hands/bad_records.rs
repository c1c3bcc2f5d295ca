//! Records that a job fails at: named in the error, or left out and listed, as `job.skip_bad_records` allows.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use mapreduce::job::MapSink;
use mapreduce::map::BadRecord as Bad;
use mapreduce::reader::{Quote, Selection};
use mapreduce::{JobError, MapError};
use store::blobs::bad_records::{BadRecord, pack};
use tracing::{info, warn};

use super::isolate::{Bounds, Failed, isolate};
use super::map::{Attempt, of_job};
use crate::core::AttemptOutcome;

/// How often a record must fail alone, at least, to be bad: commands may fail at random.
const CONFIRM: u32 = 2;
/// In which attempt records may be left out, at the earliest: what fails once may succeed the next time.
const SECOND: u32 = 2;

/// A record, and how the job failed at it.
type Told = Option<(Quote, JobError)>;

impl Attempt<'_> {
    /// Whether records are to be looked for at which the attempt fails: to leave them out, or, in the last attempt,
    /// to name the first.
    pub(super) fn may_blame_a_record(&self, error: &MapError) -> bool {
        let attempt = self.claim.deliveries;
        let last = attempt >= self.bench.max_attempts;
        let skips = self.job.spec.skip_bad_records > 0 && attempt >= SECOND;
        let of_the_job = matches!(error, MapError::Job { error, .. } if !error.is_final());
        of_the_job && (last || skips)
    }

    /// Finds the records at which the attempt fails, and maps all others.
    ///
    /// # Errors
    /// There are more of them than may be left out; the first is named. Or `failure`, if it is about no single record.
    pub(super) fn leave_out_bad_records(
        &self,
        failure: MapError,
    ) -> Result<AttemptOutcome, MapError> {
        let (task, reason) = (self.claim.task.index, failure.to_string());
        info!(%task, reason, "looking for the records that the job fails at");
        let most = usize::try_from(self.job.spec.skip_bad_records).unwrap_or(usize::MAX);
        let bounds = Bounds {
            confirm: CONFIRM.max(self.bench.max_attempts.saturating_sub(1)),
            most: most.saturating_add(1),
        };
        let found = isolate(bounds, |range| self.trial(range))?;
        let found: Vec<(Quote, JobError)> =
            found.into_iter().filter_map(|(_, told)| told).collect();
        if found.is_empty() {
            return Err(failure);
        }
        let too_many = found.len() > most;
        if let Some((record, error)) = found.first().filter(|_| too_many) {
            let bad = Bad {
                path: self.context.path.clone(),
                place: self.mapping().place(record.offset)?,
                error: error.clone(),
                record: record.clone(),
                hint: self.hint(),
            };
            return Err(MapError::BadRecord(Box::new(bad)));
        }
        let without: BTreeSet<u64> = found.iter().map(|(record, _)| record.offset).collect();
        let all = 0..u64::MAX;
        let rest = Arc::new(Selection::new(all, Arc::new(without)));
        let (output, counters) = self.run(Some(&rest))?;
        let records = found
            .into_iter()
            .map(|(record, error)| self.tell(record, error));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        for BadRecord {
            file,
            offset,
            error,
            ..
        } in &records
        {
            warn!(%task, file, offset, error, "a record is left out");
        }
        Ok(AttemptOutcome::Output(
            output,
            counters,
            Some(Box::new(pack(&records))),
        ))
    }

    /// Maps the records that start in `range`, and keeps nothing.
    fn trial(&self, range: Range<u64>) -> Result<Option<Failed<Told>>, MapError> {
        let only = Arc::new(Selection::new(range, Arc::default()));
        let mut task = self.code.mapper(&self.fresh_context()).map_err(of_job)?;
        let mut sink = MapSink::nothing();
        match self.mapping().run_only(&only, &mut *task, &mut sink) {
            Ok(_) => Ok(None),
            Err(MapError::Job { at, error, .. }) if !error.is_final() => {
                let seen = only.seen();
                Ok(Some(Failed {
                    handed_out: seen.first.as_ref().map(|first| (first.offset, seen.last)),
                    at,
                    what: seen.first.map(|first| (first, error)),
                }))
            }
            Err(error) => Err(error),
        }
    }

    fn tell(&self, record: Quote, error: JobError) -> Result<BadRecord, MapError> {
        let place = self.mapping().place(record.offset)?;
        Ok(BadRecord {
            file: self.context.path.display().to_string(),
            offset: place.offset,
            line: place.line,
            error: error.to_string(),
            length: record.is_cut().then_some(record.len),
            record: record.text,
        })
    }

    fn hint(&self) -> String {
        match self.job.spec.skip_bad_records {
            0 => " (job.skip_bad_records says how many such records may be left out)".to_owned(),
            most => format!(
                "; this is the first of more than {most}, which job.skip_bad_records allows"
            ),
        }
    }
}
