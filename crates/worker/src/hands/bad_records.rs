//! Records that a job fails at: named in the error, or left out and listed, as `job.skip_bad_records` allows.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mapreduce::job::MapSink;
use mapreduce::map::BadRecord as Bad;
use mapreduce::reader::{Quote, Selection};
use mapreduce::{JobError, MapError};
use store::blobs::bad_records::{BadRecord, pack};
use tokio::time::Instant;
use tracing::{info, warn};

use super::isolate::{Bounds, Failed, Progress, isolate};
use super::map::{Attempt, of_job};
use crate::core::AttemptOutcome;

/// How often a record must fail alone, at least, to be bad: commands may fail at random.
const CONFIRM: u32 = 2;
/// In which attempt records may be left out, at the earliest: what fails once may succeed the next time.
const SECOND: u32 = 2;

/// How many trials there may be for each bad record: one in a million takes half of them.
const TRIALS: u32 = 100;
/// How long the search for each bad record may take, in times of the attempt that failed, and at least. To halve a
/// million records takes 20 trials; one that stands still takes as long as the attempt did.
const TIMES: u32 = 30;
const AT_LEAST: Duration = Duration::from_secs(60);
/// After how many trials it is said that the search goes on.
const SAY: u32 = 10;

/// Ends a search that leads nowhere.
#[derive(Debug)]
struct Patience {
    /// How long each bad record may take.
    most: Duration,
    /// When the last bad record was found, after how many trials, and how many were known.
    since: Instant,
    trials: u32,
    bad: usize,
}

impl Patience {
    /// After an attempt that `took` so long.
    fn new(took: Duration, now: Instant) -> Self {
        Self {
            most: took.saturating_mul(TIMES).max(AT_LEAST),
            since: now,
            trials: 0,
            bad: 0,
        }
    }

    /// Whether another trial may be.
    fn lasts(&mut self, progress: Progress, now: Instant) -> bool {
        if progress.bad > self.bad {
            (self.since, self.trials, self.bad) = (now, progress.trials, progress.bad);
        }
        let lasted = now.saturating_duration_since(self.since);
        progress.trials - self.trials < TRIALS && lasted <= self.most
    }
}

/// Whether it is worth to look for records at which the job fails: trials that stand still take long, each.
fn is_worth_trials(error: &JobError, skips: bool) -> bool {
    !error.is_final() && (skips || !error.is_stall())
}

/// A record, and how the job failed at it.
type Told = Option<(Quote, JobError)>;

impl Attempt<'_> {
    /// Whether records are to be looked for at which the attempt fails: to leave them out, or, in the last attempt,
    /// to name the first.
    pub(super) fn may_blame_a_record(&self, error: &MapError) -> bool {
        let attempt = self.claim.deliveries;
        let last = attempt >= self.bench.max_attempts;
        let skips = self.skips();
        let worth = matches!(error, MapError::Job { error, .. } if is_worth_trials(error, skips));
        worth && (last || (skips && attempt >= SECOND))
    }

    fn skips(&self) -> bool {
        self.job.spec.skip_bad_records > 0
    }

    /// Finds the records at which the attempt fails, which `took` so long, and maps all others.
    ///
    /// # Errors
    /// There are more of them than may be left out; the first is named. Or `failure`, if it is about no single record.
    pub(super) fn leave_out_bad_records(
        &self,
        failure: MapError,
        took: Duration,
    ) -> Result<AttemptOutcome, MapError> {
        let (task, reason) = (self.claim.task.index, failure.to_string());
        info!(%task, reason, "looking for the records that the job fails at");
        let most = usize::try_from(self.job.spec.skip_bad_records).unwrap_or(usize::MAX);
        let bounds = Bounds {
            confirm: CONFIRM.max(self.bench.max_attempts.saturating_sub(1)),
            most: most.saturating_add(1),
        };
        let mut patience = Patience::new(took, Instant::now());
        let go_on = |progress: Progress| {
            let Progress { trials, bad } = progress;
            if trials > 0 && trials % SAY == 0 {
                info!(%task, trials, bad, "still looking for the records that the job fails at");
            }
            let lasts = patience.lasts(progress, Instant::now());
            if !lasts {
                warn!(%task, trials, bad, "the search for bad records takes too long and ends");
            }
            lasts
        };
        let found = isolate(bounds, go_on, |range| self.trial(range))?;
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
            Err(MapError::Job { at, error, .. }) if is_worth_trials(&error, self.skips()) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_stands_still_is_tried_again_only_if_records_may_be_left_out() {
        let stalled = JobError::stalled("it neither read nor wrote");
        assert!(!is_worth_trials(&stalled, false) && is_worth_trials(&stalled, true));
        let failed = JobError::new("exit code 1");
        assert!(is_worth_trials(&failed, false) && is_worth_trials(&failed, true));
        assert!(!is_worth_trials(
            &JobError::hopeless("no such program"),
            true
        ));
    }

    #[test]
    fn a_search_ends_after_too_many_trials_or_too_long_a_time_for_one_record() {
        let start = Instant::now();
        let at = |trials, bad| Progress { trials, bad };
        let mut patience = Patience::new(Duration::from_millis(1), start);
        assert!(patience.lasts(at(99, 0), start));
        assert!(!patience.lasts(at(100, 0), start));
        assert!(
            patience.lasts(at(100, 1), start),
            "one is found: as many again"
        );
        assert!(!patience.lasts(at(200, 1), start));

        let took = Duration::from_secs(10);
        let mut patience = Patience::new(took, start);
        assert!(patience.lasts(at(1, 0), start + took * 30));
        assert!(!patience.lasts(at(1, 0), start + took * 31));
        assert!(patience.lasts(at(1, 1), start + took * 31));
        assert!(patience.lasts(at(2, 1), start + took * 61));
        assert!(!patience.lasts(at(2, 1), start + took * 62));
    }
}
