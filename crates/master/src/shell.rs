//! The master's edge: performs the actions of [`Core`], one after the other, and reports what came of
//! them.

use std::mem::{Discriminant, discriminant};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use mapreduce::output::{OutputFormat, Written, write_lists};
use mapreduce::{Counters, JobId, Pairs, Plan, TaskIndex, input};
use runtime::{CrashPlan, CrashPoint, Settings};
use store::{
    Blame, BlobStore, JobHeader, JobRef, JobStatus, JobStore, PlanReply, StoreError, StoreResult,
    Stored,
};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, trace, warn};

use crate::assemble::{Layout, assemble_parts};
use crate::attendance::Attendance;
use crate::core::{Action, Core, Event, Goal, LostPart, Notice, Outcome};
use crate::error::MasterError;
use crate::planner::{self, Request};
use crate::publish::OutputFile;
use crate::summary::Summary;
use crate::{blobs, checkpoint};

/// What a master is to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to plan.
    pub request: Request,
    /// The file that gets the result.
    pub output: PathBuf,
    /// Its layout.
    pub format: OutputFormat,
    /// The job's id, if it must be a certain one.
    pub id: Option<JobId>,
    /// The id for a new job.
    pub fresh: JobId,
    /// A random text that names this master.
    pub owner: String,
    /// How long there may be no sign of life.
    pub stall_timeout: Option<Duration>,
    /// How long the job's keys stay after the result is published.
    pub keep: Duration,
    /// How long runs outlive this master.
    pub expire: Duration,
    /// How often a task's output may be lost before the job fails.
    pub max_attempts: u32,
    /// Time between checkpoints; `None` = none.
    pub checkpoint: Option<Duration>,
    /// How long a store that does not answer is waited for.
    pub deadline: Duration,
    /// Where to crash, if anywhere.
    pub crash: CrashPlan,
}

impl Options {
    /// What `settings` say, with names for a job that starts now and without crash points.
    pub fn new(settings: &Settings) -> Self {
        let job = &settings.job;
        Self {
            request: Request::new(settings),
            output: job.output.clone(),
            format: settings
                .output
                .format
                .unwrap_or_else(|| OutputFormat::of_name(&job.output)),
            id: job.id.clone(),
            fresh: runtime::job_id(&job.name, std::time::SystemTime::now()),
            owner: runtime::owner_nonce(),
            stall_timeout: job.stall_timeout,
            keep: job.keep,
            expire: settings.shuffle.expire,
            max_attempts: settings.worker.max_attempts,
            checkpoint: settings.checkpoint.interval,
            deadline: settings.redis.deadline,
            crash: CrashPlan::default(),
        }
    }
}

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
    if options.request.spec.name != "word-count" {
        return Err(MasterError::UnknownJob {
            name: options.request.spec.name,
        });
    }
    if let Some(input) = input::reads(&options.request.inputs, &options.output) {
        return Err(MasterError::OutputIsInput {
            output: options.output.clone(),
            input: input.to_path_buf(),
        });
    }
    // Before any work: a result that cannot be written is not worth computing.
    let output = OutputFile::prepare(&options.output)?;
    // Cancellation is safe: whatever is under way can be done again by the next master.
    let (counters, written, tasks) = tokio::select! {
        outcome = plan_and_run(store, blobs, &options, output, progress) => outcome?,
        () = stop.cancelled() => return Err(MasterError::Interrupted),
    };
    Ok(Summary {
        tasks,
        counters,
        written,
        elapsed: start.elapsed(),
        output: options.output,
    })
}

async fn plan_and_run<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: &Options,
    output: OutputFile,
    progress: impl FnMut(&JobStatus) + Send,
) -> Result<(Counters, Written, u32), MasterError> {
    // Before planning, which may take long: workers must know that a master is there.
    let attendance = runtime::retry("connect to the store", options.deadline, || async {
        store.connect().await?;
        Attendance::begin(store.clone()).await
    });
    let attendance = attendance.await?;
    let plan = planner::plan(&options.request).await?;
    info!(tasks = plan.total(), bytes = plan.bytes(), plan = %plan.hash(), "planned");
    let tasks = plan.total();
    if tasks == 0 {
        // Nothing to count, and no task for anybody.
        let (output, written) = write(output, Vec::new(), options).await?;
        publish(output, &options.crash).await?;
        drop(attendance);
        store.dismiss().await?;
        return Ok((Counters::default(), written, tasks));
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
    let (counters, written) = outcome?;
    Ok((counters, written, tasks))
}

/// Most tasks and most bytes of payload handed over in one call: a millisecond or so of the store.
const PLAN_TASKS: usize = 1000;
const PLAN_BYTES: usize = 1 << 20;
/// How many lost tasks are added again in one call.
const REPAIR_TASKS: u32 = 1000;
/// Shortest time that a job's keys stay: workers that are busy elsewhere must see that it is over.
const FAREWELL: Duration = Duration::from_secs(10);
/// Longest wait for something to happen before looking at the job anyway.
const WATCH: Duration = Duration::from_secs(1);

struct Shell<'a, S, B, P> {
    store: S,
    blobs: B,
    options: &'a Options,
    plan: Plan,
    /// Taken while the result is written, and when it is published.
    output: Option<OutputFile>,
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
            stall_timeout: self.options.stall_timeout,
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
            && let Err(left) = self.retire(&job).await
        {
            warn!(job = %job.id, error = %left, "the job stays listed, and the next run finds it");
        }
        outcome
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

    async fn attempt(&mut self, action: Action) -> Result<Event, MasterError> {
        let store = self.store.clone();
        Ok(match action {
            Action::Connect => {
                let deadline = self.options.deadline;
                Event::Connected(
                    runtime::retry("connect to the store", deadline, || store.connect()).await?,
                )
            }
            Action::Jobs => Event::Jobs(store.jobs().await?),
            Action::Plan(job, from) => {
                if from == 0 {
                    // First of all, and again on a store that may have lost the sign.
                    self.attendance.watch_over(&job).await?;
                    self.keep_runs(&job);
                }
                Event::Planned(self.hand_over(job, from).await?)
            }
            Action::Audit(job) => Event::Missing(store.missing(&job, REPAIR_TASKS).await?),
            Action::Repair(job, lost) => {
                let payload = |index: TaskIndex| Some((index, self.plan.payload(index)?));
                let tasks: Vec<_> = lost.into_iter().filter_map(payload).collect();
                store.repair(&job, &tasks).await?;
                Event::Repaired
            }
            Action::Watch(job, cursor) => Event::Watched(store.watch(&job, cursor, WATCH).await?),
            Action::Status(job) => {
                let status = store.status(&job).await?;
                if let Some(status) = &status {
                    (self.progress)(status);
                }
                Event::Status(status.map(Box::new), self.start.elapsed())
            }
            Action::Finish(job) => Event::Finished(store.finish(&job).await?),
            Action::Assemble(job, status) => self.assemble(job, &status).await?,
            Action::Reopen(job, lost) => {
                self.reopen(&job, lost).await?;
                Event::Reopened
            }
            Action::Publish(job, status) => {
                if self.written.is_none() {
                    self.collect(job, &status).await?;
                }
                let output = self.output.take().expect("a result is published once");
                publish(output, &self.options.crash).await?;
                Event::Published
            }
            Action::Abandon(job, reason) => match store.abandon(&job, &reason).await {
                // A store that forgot the job has nothing to be marked.
                Ok(()) | Err(StoreError::Lost { .. }) => Event::Abandoned,
                Err(error) => return Err(error.into()),
            },
            Action::Retire(job) => {
                self.retire(&job).await?;
                Event::Retired
            }
            Action::Say(_) | Action::End(_) => unreachable!("not for the store"),
        })
    }

    /// Lets workers and the next master forget the job.
    async fn retire(&self, job: &JobRef) -> StoreResult<()> {
        self.store.dismiss().await?;
        blobs::remove(&self.store, &self.blobs, job, self.plan.total()).await;
        self.store
            .retire(job, self.options.keep.max(FAREWELL))
            .await
    }

    /// Hands over the next stretch of the plan.
    async fn hand_over(&self, job: JobRef, from: u32) -> StoreResult<PlanReply> {
        self.options.crash.reach(CrashPoint::WhilePlanning);
        let spec = serde_json::to_string(self.plan.spec()).expect("plain data is JSON");
        let header = JobHeader {
            job,
            spec,
            maps: self.plan.maps(),
            total: self.plan.total(),
            owner: self.options.owner.clone(),
        };
        let mut bytes = 0;
        // Reduce tasks are planned when all map tasks are done, not before.
        let end = match self.plan.maps() {
            maps if from < maps => maps,
            _ => self.plan.total(),
        };
        let payloads = (from..end).map_while(|index| self.plan.payload(TaskIndex(index)));
        let payloads = payloads.take(PLAN_TASKS).take_while(|payload| {
            let fits = bytes < PLAN_BYTES;
            bytes += payload.len();
            fits
        });
        self.store
            .plan(&header, from, &payloads.collect::<Vec<_>>())
            .await
    }

    fn keep_runs(&mut self, job: &JobRef) {
        let (store, blobs) = (self.store.clone(), self.blobs.clone());
        let Options { expire, .. } = self.options;
        let total = self.plan.total();
        self.kept_alive
            .get_or_insert_with(|| blobs::keep_alive(store, blobs, job.clone(), total, *expire));
    }

    /// Reads and writes the counts of a job that the store has summed up.
    async fn collect(&mut self, job: JobRef, status: &JobStatus) -> Result<(), MasterError> {
        let lists = self.store.results(&job).await?;
        let sum = lists.iter().filter_map(Pairs::total).sum::<u64>();
        self.check_sums(&job, status.counters, sum)?;
        let output = self
            .output
            .take()
            .expect("a result is written before it is published");
        let (output, written) = write(output, lists, self.options).await?;
        self.output = Some(output);
        self.written = Some((status.counters, written));
        Ok(())
    }

    /// Writes the result out of the parts of the reduce tasks.
    async fn assemble(&mut self, job: JobRef, status: &JobStatus) -> Result<Event, MasterError> {
        let (maps, total) = (self.plan.maps(), self.plan.total());
        let outputs = self.store.outputs(&job, maps..total).await?;
        let outputs: Option<Vec<Stored>> = outputs.into_iter().collect();
        let Some(outputs) = outputs else {
            // Rolled back since the status was asked for.
            return Ok(Event::Reopened);
        };
        let sum = outputs.iter().map(|part| part.sum).sum();
        self.check_sums(&job, status.counters, sum)?;
        let layout = Layout {
            format: self.options.format,
            top: self.plan.spec().top,
        };
        let output = self.output.take().expect("nothing else writes now");
        let (output, outcome) =
            assemble_parts(&self.blobs, &job, maps, &outputs, layout, output).await;
        self.output = Some(output);
        Ok(match outcome? {
            Ok(mut written) => {
                if layout.top.is_some() {
                    written.keys = outputs.iter().map(|part| part.records).sum();
                    written.total = sum;
                }
                self.written = Some((status.counters, written));
                Event::Assembled
            }
            Err(lost) => Event::PartsLost(lost),
        })
    }

    async fn reopen(&self, job: &JobRef, lost: Vec<LostPart>) -> StoreResult<()> {
        for LostPart {
            task,
            attempt,
            what,
        } in lost
        {
            let reason = format!(
                "the part of task {task} was lost again and again: {what}; see that the master reaches the same \
                 shuffle.store as the workers"
            );
            let blame = Blame {
                reason,
                max_attempts: self.options.max_attempts,
            };
            self.store.reopen(job, task, &attempt, &blame).await?;
        }
        Ok(())
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

/// Writes lists of counts off the async threads.
async fn write(
    mut output: OutputFile,
    lists: Vec<Pairs>,
    options: &Options,
) -> Result<(OutputFile, Written), MasterError> {
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let (format, top) = (options.format, options.request.spec.top);
    let writing = spawn_blocking(move || {
        let written = output.fill(|file| write_lists(&lists, threads, format, top, file));
        written
            .map_err(|error| output.error(error))
            .map(|written| (output, written))
    });
    Ok(writing.await.expect("writing does not panic")?)
}

/// Puts the written output in its place, off the async threads.
async fn publish(output: OutputFile, crash: &CrashPlan) -> Result<(), MasterError> {
    let crash = crash.clone();
    let publishing = spawn_blocking(move || output.publish(&crash));
    Ok(publishing.await.expect("renaming does not panic")?)
}

fn say(notice: &Notice, job: Option<&JobRef>) {
    let job = job.map(|job| job.id.as_str()).unwrap_or_default();
    match notice {
        Notice::Resumed => info!(job, "taking up an unfinished job of the same plan"),
        Notice::StoreRestarted => {
            warn!(
                job,
                "the store restarted and may have lost what came after its last checkpoint; checking"
            );
        }
        Notice::PartsLost(parts) => {
            warn!(
                job,
                parts, "parts of reduce tasks are lost; making them again"
            );
        }
        Notice::Lost(tasks) => warn!(job, tasks, "tasks were lost; adding them again"),
        Notice::Stalled(silent, cause) => {
            warn!(
                job,
                silent_seconds = silent.as_secs(),
                cause,
                "no sign of life"
            );
        }
    }
}
