//! The master's edge: performs the actions of [`Core`], one after the other, and reports what came of
//! them.
//!
//! # Layout
//! - `actions`: each action. `result`: those that make the result.
//! - `notice`: what is told to people.

mod actions;
mod notice;
mod result;

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use mapreduce::job::Reduction;
use mapreduce::output::Written;
use mapreduce::{Counters, Plan, PlanHash};
use store::{BlobStore, JobRef, JobStatus, JobStore, StoreResult};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, trace, warn};

use crate::attendance::Attendance;
use crate::bad_records;
use crate::checkpoint;
use crate::core::{Action, Core, Event, Goal, Outcome};
use crate::error::MasterError;
use crate::options::Options;
use crate::output::Output;
use crate::planner;
use crate::room;
use crate::summary::Summary;
use notice::say;

/// Runs a job from its input files to the published result; runs lie in `blobs`. `progress` is told how the job stands
/// whenever that changes. Stops at `stop`, leaving the job to be resumed.
///
/// # Errors
/// See [`MasterError`]; nothing is at the output then but what was there before.
pub async fn run<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: Options,
    stop: CancellationToken,
    progress: impl FnMut(&JobStatus) + Send,
) -> Result<Summary, MasterError> {
    let start = Instant::now();
    bad_records::check(&options)?;
    let output = Output::prepare(&options)?;
    // Cancellation is safe: whatever is under way can be done again by the next master.
    let Ran {
        plan,
        counters,
        written,
        tasks,
    } = tokio::select! {
        // Boxed, so that futures around it stay shallow: the compiler gives up on types that nest too deep.
        outcome = Box::pin(plan_and_run(store, blobs, &options, output, progress)) => outcome?,
        () = stop.cancelled() => return Err(MasterError::Interrupted),
    };
    let spec = options.request.spec;
    Ok(Summary {
        job: spec.name,
        counts: spec.shape.reduction == Reduction::Sum,
        was_done: options.done == Some(plan),
        plan,
        tasks,
        counters,
        written,
        elapsed: start.elapsed(),
        output: options.output,
        format: options.format,
    })
}

async fn plan_and_run<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: &Options,
    output: Output,
    progress: impl FnMut(&JobStatus) + Send,
) -> Result<Ran, MasterError> {
    // Before planning, which may take long: workers must know that a master is there.
    let attendance = runtime::retry("connect to the store", options.deadline, || async {
        store.connect().await?;
        Attendance::begin(store.clone()).await
    });
    let attendance = attendance.await?;
    let plan = planner::plan(&options.request).await?;
    let ran = Ran {
        plan: plan.hash(),
        counters: Counters::default(),
        written: Written::default(),
        tasks: plan.total(),
    };
    if options.done == Some(plan.hash()) {
        drop(attendance);
        if !options.is_followed() {
            store.dismiss().await?;
        }
        return Ok(ran);
    }
    // Before any work, too: what runs and parts will take, and whether there is room for it.
    let shuffle_bytes = room::check(&plan, &options.request, &store, &blobs).await?;
    info!(tasks = plan.total(), bytes = plan.bytes(), shuffle_bytes, plan = %plan.hash(), "planned");
    if ran.tasks == 0 {
        // Nothing to count, and no task for anybody.
        let job = JobRef {
            id: options.fresh.clone(),
            plan: plan.hash(),
        };
        let (output, written) = output.write(&job, Vec::new(), options).await?;
        if let Some(path) = bad_records::written(options) {
            bad_records::remove(path)?;
        }
        output.publish(&job, &options.crash).await?;
        drop(attendance);
        if !options.is_followed() {
            store.dismiss().await?;
        }
        return Ok(Ran { written, ..ran });
    }
    let checkpoints = options
        .checkpoint
        .map(|interval| checkpoint::every(interval, store.clone()));
    let mut shell = Shell {
        store,
        blobs,
        options,
        plan,
        output: Some(output),
        progress,
        start: Instant::now(),
        trouble: None,
        attendance,
        written: None,
        kept_alive: None,
    };
    let outcome = shell.run().await;
    drop(checkpoints);
    if let (Err(error), Some(output)) = (&outcome, &shell.output)
        && error.is_final()
    {
        output.discard().await;
    }
    let (counters, written) = outcome?;
    Ok(Ran {
        counters,
        written,
        ..ran
    })
}

/// What came of a job.
struct Ran {
    plan: PlanHash,
    counters: Counters,
    written: Written,
    tasks: u32,
}

struct Shell<'a, S, B, P> {
    store: S,
    blobs: B,
    options: &'a Options,
    plan: Plan,
    /// Taken while the result is written, and when it is published.
    output: Option<Output>,
    progress: P,
    start: Instant,
    trouble: Option<Trouble>,
    attendance: Attendance<S>,
    /// What the output file holds.
    written: Option<(Counters, Written)>,
    /// Renews the life of runs, once the job is known.
    kept_alive: Option<AbortOnDropHandle<()>>,
}

/// An action that fails; it is over when that succeeds, or when the job goes on without it.
struct Trouble {
    what: Discriminant<Action>,
    /// When it began to fail, and how often it has since.
    since: Instant,
    times: u32,
}

impl<S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'_, S, B, P> {
    async fn run(&mut self) -> Result<(Counters, Written), MasterError> {
        let mut core = Core::new(Goal {
            plan: self.plan.hash(),
            maps: self.plan.maps(),
            total: self.plan.total(),
            id: self.options.id.clone(),
            fresh: self.options.fresh.clone(),
            stall_notice: self.options.stall_notice,
            stall_timeout: self.options.stall_timeout,
            skip_bad_records: self.plan.spec().skip_bad_records,
        });
        let mut event = Event::Started;
        loop {
            trace!(?event, "happened");
            let mut next = None;
            for action in core.step(event) {
                trace!(?action, "next");
                match action {
                    Action::Say(notice) => say(&notice, core.job()),
                    Action::End(outcome) => return self.end(outcome, core.job()),
                    action => next = Some(self.perform_or_close(action).await?),
                }
            }
            event = next.expect("every turn ends or asks for one thing");
        }
    }

    fn end(
        &mut self,
        outcome: Outcome,
        job: Option<&JobRef>,
    ) -> Result<(Counters, Written), MasterError> {
        let job = job.map(|job| job.id.to_string()).unwrap_or_default();
        match (outcome, self.written.take()) {
            (Outcome::Done, Some(written)) => Ok(written),
            (Outcome::Failed(reason), _) => Err(MasterError::Failed { job, reason }),
            (Outcome::Done, None) => unreachable!("done means published"),
        }
    }

    /// As [`Shell::perform`]. A job whose counts do not add up will not do so later: the next run of the
    /// same command must not take it up, and workers must not wait for it.
    async fn perform_or_close(&mut self, action: Action) -> Result<Event, MasterError> {
        let published = match &action {
            Action::Publish(job, _) | Action::Assemble(job, _) => Some(job.clone()),
            _ => None,
        };
        let outcome = self.perform(action).await;
        if let (Some(job), Err(error)) = (published, &outcome)
            && error.is_about_the_sums()
            && let Err(left) = self.close(&job, error).await
        {
            warn!(job = %job.id, error = %left, "the job stays listed, and the next run finds it");
        }
        outcome
    }

    async fn close(&self, job: &JobRef, error: &MasterError) -> StoreResult<()> {
        // Before it is done, with shuffle: only what is over can be retired.
        self.store.abandon(job, &error.to_string()).await?;
        self.retire(job).await
    }

    /// Performs an action. A store that fails for a while gives [`Event::Troubled`], after a pause,
    /// until the deadline.
    async fn perform(&mut self, action: Action) -> Result<Event, MasterError> {
        let what = discriminant(&action);
        let connecting = matches!(action, Action::Connect);
        match self.attempt(action).await {
            Ok(event) => {
                // Whatever leads up to it may succeed again and again before the same thing fails.
                let same = |trouble: &Trouble| trouble.what == what;
                if self.trouble.as_ref().is_some_and(same) || matches!(event, Event::Watched(_)) {
                    self.trouble = None;
                }
                Ok(event)
            }
            Err(MasterError::Store(error)) if error.is_transient() && !connecting => {
                let trouble = match self.trouble.take() {
                    Some(trouble) if trouble.what == what => trouble,
                    _ => Trouble {
                        what,
                        since: Instant::now(),
                        times: 0,
                    },
                };
                if trouble.since.elapsed() > self.options.deadline {
                    return Err(error.into());
                }
                let times = trouble.times + 1;
                self.trouble = Some(Trouble { times, ..trouble });
                let pause = Duration::from_millis(50 << times.min(5));
                warn!(%error, times, ?pause, "the store failed; connecting again");
                sleep(pause).await;
                Ok(Event::Troubled(error))
            }
            Err(error) => Err(error),
        }
    }
}
