//! State of the core.

use std::collections::BTreeMap;
use std::time::Duration;

use super::job::SharedJob;
use super::limits::WorkerLimits;
use super::task::Task;

/// State of a worker between two events.
#[derive(Debug)]
pub struct Core {
    pub(super) limits: WorkerLimits,
    pub(super) lifecycle: Lifecycle,
    pub(super) assignment: Assignment,
    pub(super) plan: PlanView,
    pub(super) search: Search,
    pub(super) expired_leases: ExpiredLeases,
    pub(super) heartbeat: Heartbeat,
    pub(super) last_attempt: AttemptLength,
    /// Longest wait of the next claim: the time until the next backup attempt may be due.
    pub(super) claim_wait: Option<Duration>,
    /// Held tasks by delivery.
    pub(super) tasks: BTreeMap<String, Task>,
}

/// Lifecycle of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// The worker searches for tasks and runs them.
    Working,
    /// After SIGTERM, the worker finishes running tasks and gives back all others.
    Draining,
    /// The grace period is over: running attempts are cancelled, and no attempt starts.
    GraceOver,
    /// The worker has left, and ignores every further event.
    Left,
}

/// Job of the worker.
#[derive(Debug)]
pub(super) enum Assignment {
    /// The worker has not joined a job yet.
    None,
    /// The worker works on this job.
    Working(SharedJob),
    /// This step of a job is over, and another step follows. The worker stays until that step is planned, or until the
    /// master is gone.
    BetweenSteps(SharedJob),
}

/// Knowledge about the plan of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanView {
    /// No reply contradicts the plan.
    Current,
    /// A task was lost, refused or given back, so the job may be over. A job that is over still has tasks to claim and
    /// leases that expire, but accepts no commit. Its status comes before further claims, or the worker would never
    /// leave.
    Stale,
    /// A commit found no plan in the store. Commits that cannot succeed may fill all slots, so the next search is for a
    /// job.
    Missing,
}

/// The search for work. At most one request is under way, so that replies need no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// No request is under way.
    Idle,
    /// A request is under way: for a job, its status, a claim, a reclaim or a backup attempt.
    Underway,
    /// A reclaim is under way before a claim. If it finds nothing, a claim follows at once.
    ExpiredLeasesFirst,
}

/// Knowledge about expired leases of other workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpiredLeases {
    /// A reclaim was sent since the last heartbeat.
    Checked,
    /// Leases may have expired since the last reclaim. Their tasks come before tasks without an attempt, because they
    /// have delayed the job for a whole lease already.
    Unchecked,
}

/// Renewal of all held leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heartbeat {
    /// No renewal is under way.
    Idle,
    /// A renewal is under way. The next beat is skipped, so that renewals do not pile up while the store is
    /// unreachable.
    Underway,
}

/// Length of the last attempt, which decides whether the worker claims ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptLength {
    /// The attempt took about as long as a claim. Claiming ahead saves round trips.
    Brief,
    /// The attempt was longer, or failed. Tasks that wait here could run on idle workers.
    Long,
}

/// Limit of a brief attempt: about the time of one claim.
const BRIEF: Duration = Duration::from_millis(2);

impl AttemptLength {
    pub(super) fn of(took: Duration) -> Self {
        if took < BRIEF {
            Self::Brief
        } else {
            Self::Long
        }
    }
}

impl Assignment {
    pub(super) fn job(&self) -> Option<&SharedJob> {
        match self {
            Self::None => None,
            Self::Working(job) | Self::BetweenSteps(job) => Some(job),
        }
    }
}

impl Core {
    /// Creates the core of a worker that has just started.
    pub fn new(limits: WorkerLimits) -> Self {
        Self {
            limits,
            lifecycle: Lifecycle::Working,
            assignment: Assignment::None,
            plan: PlanView::Current,
            search: Search::Idle,
            expired_leases: ExpiredLeases::Checked,
            heartbeat: Heartbeat::Idle,
            last_attempt: AttemptLength::Long,
            claim_wait: None,
            tasks: BTreeMap::new(),
        }
    }

    /// Returns true after SIGTERM.
    pub(super) fn is_draining(&self) -> bool {
        match self.lifecycle {
            Lifecycle::Working => false,
            Lifecycle::Draining | Lifecycle::GraceOver | Lifecycle::Left => true,
        }
    }

    /// Drops a task whose attempt does not count any more, and queues a query of the job's status.
    pub(super) fn drop_stale(&mut self, entry: &str) {
        self.mark_stale();
        self.tasks.remove(entry);
    }

    /// Marks the plan as stale, unless it is missing already, which is stronger.
    pub(super) fn mark_stale(&mut self) {
        if self.plan == PlanView::Current {
            self.plan = PlanView::Stale;
        }
    }
}
