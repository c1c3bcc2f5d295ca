//! The shell performs the actions of the [`Reconciler`], one after the other, and reports their outcomes to it.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use mapreduce_core::{Counters, Plan};
use mapreduce_formats::output::ResultTotals;
use store::{BlobStore, JobRef, JobStatus, JobStore, StoreError, StoreResult};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::{trace, warn};

use super::notice::log;
use super::presence::Presence;
use crate::core::{Action, Event, Goal, Outcome, Reconciler};
use crate::error::MasterError;
use crate::options::MasterOptions;
use crate::output::{Destination, FilledOutput, PreparedOutput, PublishedOutput};

/// State of a running job outside the reconciler.
pub(super) struct Shell<'a, S, B, P> {
    pub(super) store: S,
    pub(super) blobs: B,
    pub(super) options: &'a MasterOptions,
    pub(super) plan: Plan,
    pub(super) progress: P,
    pub(super) start: Instant,
    pub(super) presence: Presence<S>,
    /// Keeps the job's blobs from expiring, once the job is known.
    pub(super) kept_alive: Option<AbortOnDropHandle<()>>,
    failing: Option<FailingAction>,
}

/// Stage of the result. Each stage holds the output in the type of that stage.
#[derive(Debug)]
pub(super) enum ResultStage {
    /// The output is locked, but empty.
    Prepared(PreparedOutput),
    /// The output is written, but not published.
    Filled {
        output: FilledOutput,
        counters: Counters,
    },
    /// The output is published.
    Published {
        output: PublishedOutput,
        counters: Counters,
    },
}

impl ResultStage {
    /// Prepares the output for the tasks of `job`. Can be repeated.
    pub(super) async fn begin(&self, job: &JobRef) -> Result<(), MasterError> {
        match self {
            Self::Prepared(output) => output.begin(job).await?,
            Self::Filled { output, .. } => output.begin(job).await?,
            Self::Published { .. } => {}
        }
        Ok(())
    }

    /// Removes the files of tasks, because no later master will resume the job.
    async fn discard(&self) {
        match self {
            Self::Prepared(output) => output.discard().await,
            Self::Filled { output, .. } => output.discard().await,
            Self::Published { .. } => {}
        }
    }
}

/// Action that fails repeatedly. The streak ends when the action succeeds, or when the job continues without it.
#[derive(Debug, Clone, Copy)]
struct FailingAction {
    action: Discriminant<Action>,
    since: Instant,
    times: u32,
}

impl<'a, S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'a, S, B, P> {
    pub(super) fn new(
        store: S,
        blobs: B,
        options: &'a MasterOptions,
        plan: Plan,
        progress: P,
        presence: Presence<S>,
    ) -> Self {
        Self {
            store,
            blobs,
            options,
            plan,
            progress,
            start: Instant::now(),
            presence,
            kept_alive: None,
            failing: None,
        }
    }

    /// Runs the job to its end. Returns its counters and the content of the output.
    pub(super) async fn run(
        &mut self,
        output: PreparedOutput,
    ) -> Result<(Counters, ResultTotals), MasterError> {
        let mut reconciler = Reconciler::new(self.goal());
        let mut stage = ResultStage::Prepared(output);
        let mut event = Event::Started;
        loop {
            trace!(?event, "event received");
            let mut next = None;
            for action in reconciler.step(event) {
                trace!(?action, "action started");
                match action {
                    Action::Notify(notice) => log(&notice, reconciler.job()),
                    Action::End(outcome) => return end(outcome, reconciler.job(), stage).await,
                    action => {
                        let (left, performed) = self.perform_or_close(action, stage).await;
                        stage = left;
                        match performed {
                            Ok(event) => next = Some(event),
                            Err(error) => {
                                if error.is_permanent() {
                                    stage.discard().await;
                                }
                                return Err(error);
                            }
                        }
                    }
                }
            }
            event = next.expect("the actions of each turn end the master or give an event");
        }
    }

    /// Returns the destination of the result.
    pub(super) fn destination(&self) -> Destination<'_> {
        self.options.destination().planned(self.plan.spec())
    }

    fn goal(&self) -> Goal {
        Goal {
            plan: self.plan.hash(),
            maps: self.plan.maps(),
            total: self.plan.total(),
            id: self.options.id.clone(),
            fresh: self.options.fresh.clone(),
            stall_notice: self.options.stall_notice,
            stall_timeout: self.options.stall_timeout,
            skip_bad_records: self.plan.spec().skip_bad_records,
        }
    }

    /// Performs an action. Closes the job if its totals do not add up.
    ///
    /// The totals will not add up later either. The next run of the same command must not resume the job, and workers
    /// must not wait for it.
    async fn perform_or_close(
        &mut self,
        action: Action,
        stage: ResultStage,
    ) -> (ResultStage, Result<Event, MasterError>) {
        let job = match &action {
            Action::Publish(job, _) | Action::Assemble(job, _) => Some(job.clone()),
            _ => None,
        };
        let (stage, outcome) = self.perform(action, stage).await;
        if let (Some(job), Err(error)) = (job, &outcome)
            && error.is_inexact()
            && let Err(left) = self.close(&job, &stage, error).await
        {
            warn!(job = %job.id, error = %left, "cannot remove the failed job from the store; the next run may resume it");
        }
        (stage, outcome)
    }

    async fn close(
        &self,
        job: &JobRef,
        stage: &ResultStage,
        error: &MasterError,
    ) -> StoreResult<()> {
        // Only a job that is over can be retired. With shuffle, this one is not over yet.
        self.store.abandon(job, &error.to_string()).await?;
        self.retire(job, stage).await
    }

    /// Performs an action. If the store fails, gives [`Event::StoreFailed`] after a pause, until the deadline.
    async fn perform(
        &mut self,
        action: Action,
        stage: ResultStage,
    ) -> (ResultStage, Result<Event, MasterError>) {
        let performed = discriminant(&action);
        let connecting = matches!(action, Action::Connect);
        let (stage, outcome) = self.attempt(action, stage).await;
        let outcome = match outcome {
            Ok(event) => {
                // The actions before the failing one may succeed again and again, so they do not end its streak.
                let same = |failing: &FailingAction| failing.action == performed;
                if self.failing.as_ref().is_some_and(same) || matches!(event, Event::Watched(_)) {
                    self.failing = None;
                }
                Ok(event)
            }
            Err(MasterError::Store(error)) if error.is_transient() && !connecting => {
                self.store_failed(performed, error).await
            }
            Err(error) => Err(error),
        };
        (stage, outcome)
    }

    /// Pauses before the next try, or fails after the deadline.
    async fn store_failed(
        &mut self,
        action: Discriminant<Action>,
        error: StoreError,
    ) -> Result<Event, MasterError> {
        let failing = match self.failing.take() {
            Some(failing) if failing.action == action => failing,
            _ => FailingAction {
                action,
                since: Instant::now(),
                times: 0,
            },
        };
        if failing.since.elapsed() > self.options.deadline {
            return Err(error.into());
        }
        let times = failing.times + 1;
        self.failing = Some(FailingAction { times, ..failing });
        // The pause doubles up to 1.6 s, so that a store that restarts is not flooded.
        let pause = Duration::from_millis(50 << times.min(5));
        warn!(%error, times, ?pause, "the store failed; reconnecting");
        sleep(pause).await;
        Ok(Event::StoreFailed(error))
    }
}

/// Returns the result of a job that has ended.
async fn end(
    outcome: Outcome,
    job: Option<&JobRef>,
    stage: ResultStage,
) -> Result<(Counters, ResultTotals), MasterError> {
    match (outcome, stage) {
        (Outcome::Done, ResultStage::Published { output, counters }) => {
            Ok((counters, output.written))
        }
        (Outcome::Done, ResultStage::Prepared(_) | ResultStage::Filled { .. }) => {
            unreachable!("the reconciler is done only after the publication")
        }
        (Outcome::Failed(reason), stage) => {
            stage.discard().await;
            let job = job.map(|job| job.id.to_string()).unwrap_or_default();
            Err(MasterError::Failed { job, reason })
        }
    }
}
