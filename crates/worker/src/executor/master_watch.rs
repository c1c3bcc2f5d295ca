//! Watch for an absent master.

use std::sync::Mutex;
use std::time::Duration;

use store::JobAvailability;
use tokio::time::Instant;

use crate::core::MasterAbsence;
use crate::idle_timeout::idle_timeout;

/// Watch for an absent master.
pub(super) struct MasterWatch {
    /// Start of this worker.
    started: Instant,
    /// Time after which a master that restarts would be back.
    deadline: Duration,
    /// Start of the absence, after the last master has dismissed the workers.
    absent_since: Mutex<Option<Instant>>,
    job_without_master: Mutex<JobWithoutMaster>,
}

/// State of the warning about a job without a master.
enum JobWithoutMaster {
    /// The job has a master.
    No,
    /// The job has had no master since then.
    Since(Instant),
    /// The worker has logged the warning.
    Reported,
}

impl MasterWatch {
    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            started: Instant::now(),
            deadline,
            absent_since: Mutex::new(None),
            job_without_master: Mutex::new(JobWithoutMaster::No),
        }
    }

    /// Records that a master is present, or that the workers are not dismissed.
    pub(super) fn record_presence(&self) {
        *self.absent_since.lock().expect("no panic under the lock") = None;
    }

    /// Records that no master is present, and that the last one dismissed the workers `dismissed` ago. Returns the
    /// absence if it exceeds the idle timeout.
    pub(super) fn record_absence(&self, dismissed: Duration) -> Option<MasterAbsence> {
        let mut since = self.absent_since.lock().expect("no panic under the lock");
        let before_start = dismissed.saturating_sub(self.started.elapsed());
        let absent = since.get_or_insert_with(Instant::now).elapsed();
        if absent < idle_timeout(before_start) {
            return None;
        }
        Some(if absent >= self.deadline {
            MasterAbsence::Abandoned
        } else {
            MasterAbsence::Short
        })
    }

    /// Records the status of the worker's job. Returns true once, when the job has had no master for longer than the
    /// deadline.
    pub(super) fn should_warn(&self, status: JobAvailability) -> bool {
        let mut state = self
            .job_without_master
            .lock()
            .expect("no panic under the lock");
        if status != JobAvailability::Unwatched {
            *state = JobWithoutMaster::No;
            return false;
        }
        let since = match *state {
            JobWithoutMaster::Reported => return false,
            JobWithoutMaster::Since(since) => since,
            JobWithoutMaster::No => Instant::now(),
        };
        let is_overdue = since.elapsed() >= self.deadline;
        *state = if is_overdue {
            JobWithoutMaster::Reported
        } else {
            JobWithoutMaster::Since(since)
        };
        is_overdue
    }
}
