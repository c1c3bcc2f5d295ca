//! The state machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mapreduce::StepOf;
use store::{Backup, Blame, Claim, Standing};

use super::place::place;
use super::slots::BRIEF;
use super::{Action, AttemptOutcome, Event, Finished, Job};

/// How soon a worker asks again for what others hold.
const SOON: Duration = Duration::from_millis(100);

/// A worker's limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many tasks are mapped at once.
    pub slots: u32,
    /// How many attempts a task gets.
    pub max_attempts: u32,
    /// Whether a worker with nothing to do attempts what others hold for long.
    pub backups: bool,
}

/// A worker's state.
#[derive(Debug)]
pub struct Core {
    pub(super) limits: Limits,
    pub(super) job: Option<Job>,
    pub(super) tasks: BTreeMap<String, Task>,
    /// How long the next claim may wait, if not as long as it likes: until what others hold is to be looked at.
    look_within: Option<Duration>,
    /// Whether a search for work (claim, reclaim, state) is under way.
    searching: bool,
    /// Whether leases of others may have ended since that was looked at last. Their tasks come before those
    /// that nobody has had: whoever waits for them has waited for long.
    overdue: bool,
    /// Whether what is reclaimed now comes before what is claimed.
    early: bool,
    /// Whether a commit found no plan since a job was looked for last.
    pub(super) homeless: bool,
    /// Whether a task was lost, refused or given back since the job was looked at last. A job that is over
    /// still has tasks to claim, and leases that end, and nothing that comes of them is taken.
    pub(super) doubtful: bool,
    /// Whether the job is a step that is over: the next one is looked for, or the end of all.
    between_steps: bool,
    /// Whether a heartbeat is under way; while the store does not answer, none are piled up.
    beating: bool,
    /// Whether the last attempt was so short that asking for the next task took about as long.
    pub(super) brief: bool,
    draining: bool,
    pub(super) grace_over: bool,
    left: bool,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) claim: Claim,
    pub(super) phase: Phase,
}

#[derive(Debug)]
pub(super) enum Phase {
    Confirming,
    /// Claimed ahead; all slots are busy.
    Waiting,
    Running,
    Committing {
        finished: Arc<Finished>,
        tries: u32,
    },
    Failing,
}

impl Core {
    /// A worker that has done nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            job: None,
            tasks: BTreeMap::new(),
            look_within: None,
            searching: false,
            overdue: false,
            early: false,
            homeless: false,
            doubtful: false,
            between_steps: false,
            beating: false,
            brief: false,
            draining: false,
            grace_over: false,
            left: false,
        }
    }

    /// Takes an event, answers what to do.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        if !self.left {
            self.handle(event, &mut actions);
        }
        if !self.left {
            self.search(&mut actions);
        }
        actions
    }

    fn handle(&mut self, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Started => {}
            Event::Job(job) => self.joined(job, actions),
            // A worker with a job goes when that is over, not before; unless nobody will ever end it.
            Event::Late { forsaken } if forsaken || self.job.is_none() || self.between_steps => {
                self.leave(actions);
            }
            Event::Late { .. } => self.searching = false,
            Event::Terminate => {
                self.draining = true;
                self.return_waiting(actions);
            }
            Event::GraceOver => {
                self.grace_over = true;
                self.hand_back(actions);
            }
            // The rest is about a job's tasks.
            event => {
                if let Some(job) = self.job.clone() {
                    self.handle_for(&job, event, actions);
                }
            }
        }
    }

    fn handle_for(&mut self, job: &Job, event: Event, actions: &mut Vec<Action>) {
        match event {
            Event::Claimed(claims) | Event::Reclaimed(claims) | Event::Held(claims)
                if self.draining || !claims.is_empty() =>
            {
                // Leases that ended meanwhile come after a claim: while an answer takes as long as from beat to beat,
                // some would always be overdue, and new tasks never claimed.
                self.overdue &= !self.early;
                (self.searching, self.early) = (false, false);
                claims
                    .into_iter()
                    .for_each(|claim| self.take(job, claim, actions));
            }
            Event::Claimed(_) => self.reclaim(job, actions),
            Event::Reclaimed(_) if self.early => {
                (self.searching, self.early, self.overdue) = (false, false, false);
            }
            Event::Reclaimed(_) if self.limits.backups => actions.push(Action::Backup(job.clone())),
            Event::Backup(backup) => self.second_attempt(job, backup, actions),
            Event::Held(_) | Event::Reclaimed(_) => self.look(job, actions),
            Event::ClaimFailed(_) => {
                self.early = false;
                actions.push(Action::Recover(job.clone()));
            }
            Event::Standing(standing) => self.standing(standing, actions),
            Event::Attempted(of, claim, outcome, took) if of == *job => {
                let done = matches!(outcome, AttemptOutcome::Output(..));
                self.attempted(job, &claim, outcome, actions);
                self.brief = done && took < BRIEF;
                self.start_waiting(job, actions);
                if !self.brief {
                    // Others may have nothing to do meanwhile.
                    self.return_waiting(actions);
                }
            }
            Event::Committed(of, task, reply) if of == *job => {
                self.committed(job, &task, reply, actions);
            }
            Event::Returned(of, task) if of == *job => {
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
            Event::Renewed(of, renewals) if of == *job => {
                self.beating = false;
                for (task, renewal) in renewals {
                    self.renewed(job, &task, renewal, actions);
                }
                self.start_waiting(job, actions);
            }
            Event::Beat if !self.beating => {
                // A third of a lease is no brief wait.
                self.brief &= self.waiting() == 0;
                self.return_waiting(actions);
                (self.beating, self.overdue) = (true, true);
                let held = self.tasks.values().map(|task| task.claim.task.clone());
                actions.push(Action::Renew(job.clone(), held.collect()));
            }
            // What is left belongs to a job that this worker had before.
            _ => {}
        }
    }

    /// Starts looking for work if there is room and nothing is under way; leaves if it is to end.
    fn search(&mut self, actions: &mut Vec<Action>) {
        if self.searching {
            return;
        }
        if self.draining {
            if self.tasks.is_empty() {
                self.leave(actions);
            }
            return;
        }
        match &self.job {
            None => actions.push(Action::NextJob),
            // All hands are full with commits that nobody takes.
            Some(_) if self.homeless => actions.push(Action::JobAgain),
            Some(job) if self.doubtful => {
                self.doubtful = false;
                actions.push(Action::Standing(job.clone()));
            }
            // What was claimed ahead lasts for a while.
            Some(_) if self.waiting() > self.limits.slots => return,
            Some(job) if self.free() > 0 && self.overdue => {
                self.early = true;
                self.reclaim(&job.clone(), actions);
            }
            Some(job) if self.free() > 0 => {
                let claim = Action::Claim(job.clone(), self.free(), self.look_within.take());
                actions.push(claim);
            }
            Some(_) => return,
        }
        self.searching = true;
    }

    /// Looks at the job, unless a commit is under way: its answer comes first, or what it stored would be left behind
    /// by a worker that goes.
    fn look(&mut self, job: &Job, actions: &mut Vec<Action>) {
        let committing = |task: &Task| matches!(task.phase, Phase::Committing { .. });
        if self.tasks.values().any(committing) {
            self.searching = false;
        } else {
            actions.push(Action::Standing(job.clone()));
        }
    }

    /// Looks for tasks whose leases have ended.
    fn reclaim(&mut self, job: &Job, actions: &mut Vec<Action>) {
        self.overdue = false;
        actions.push(Action::Reclaim(job.clone(), self.free()));
    }

    /// Takes a task that somebody else holds; if there is none, remembers when to ask again.
    fn second_attempt(&mut self, job: &Job, backup: Backup, actions: &mut Vec<Action>) {
        match backup {
            Backup::Claimed { claim, .. } => {
                self.searching = false;
                self.take(job, claim, actions);
            }
            _ if self.draining => self.searching = false,
            Backup::Due(due) => {
                // All who wait are told the same, and one of them gets it.
                self.look_within = Some(due.max(SOON));
                self.look(job, actions);
            }
            Backup::None => self.look(job, actions),
        }
    }

    fn joined(&mut self, job: Option<Job>, actions: &mut Vec<Action>) {
        self.searching = false;
        self.early = false;
        self.homeless = false;
        self.doubtful = false;
        if let Some(job) = job.filter(|job| Some(job) != self.job.as_ref()) {
            self.drop_tasks(actions);
            actions.push(Action::Renew(job.clone(), Vec::new()));
            self.beating = true;
            self.between_steps = false;
            self.job = Some(job);
        }
    }

    fn take(&mut self, job: &Job, claim: Claim, actions: &mut Vec<Action>) {
        let task = claim.task.clone();
        if self.tasks.contains_key(&task.entry) {
            // A reclaim may answer what this worker holds already.
            return;
        }
        // Once nothing is left to claim, what others hold is looked at without delay.
        self.look_within = self.limits.backups.then_some(Duration::ZERO);
        let (phase, action) = if self.draining {
            (
                Phase::Failing,
                Action::GiveBack(job.clone(), task.clone(), None),
            )
        } else if claim.deliveries > self.limits.max_attempts {
            (
                Phase::Failing,
                Action::GiveBack(job.clone(), task.clone(), Some(self.poison(&claim))),
            )
        } else if claim.repeated {
            (
                Phase::Confirming,
                Action::Renew(job.clone(), vec![task.clone()]),
            )
        } else {
            self.tasks.insert(
                task.entry,
                Task {
                    claim,
                    phase: Phase::Waiting,
                },
            );
            return self.start_waiting(job, actions);
        };
        actions.push(action);
        self.tasks.insert(task.entry, Task { claim, phase });
    }

    /// The blame for a task whose attempts all ended without a word.
    fn poison(&self, claim: &Claim) -> Blame {
        let reason = format!(
            "task {}{} was attempted {} times, and no worker lived to report why the last attempt failed \
             (worker.max_attempts is {}); look into the workers' logs, and for a lack of memory",
            claim.task.index,
            place(claim.payload.as_deref()),
            claim.deliveries - 1,
            self.limits.max_attempts
        );
        Blame {
            reason,
            max_attempts: 1,
        }
    }

    /// Whether the job is a step of a job that goes on when it is over.
    fn is_followed(&self) -> bool {
        let step = self.job.as_ref().and_then(|job| job.spec.step);
        step.is_some_and(StepOf::is_followed)
    }

    fn standing(&mut self, standing: Standing, actions: &mut Vec<Action>) {
        self.searching = false;
        self.between_steps = standing == Standing::Over && self.is_followed();
        match standing {
            // The next step will come, or the master say that there is none.
            Standing::Over if self.between_steps && !self.draining => {
                self.drop_tasks(actions);
                self.searching = true;
                actions.push(Action::NextJob);
            }
            Standing::Over => self.leave(actions),
            Standing::Needed => {}
            Standing::Unattended | Standing::Unknown if self.draining => {}
            Standing::Unattended => {
                self.searching = true;
                actions.push(Action::NextJob);
            }
            // Rolled back: wait until the master has planned it again.
            Standing::Unknown => {
                self.searching = true;
                actions.push(Action::JobAgain);
            }
        }
    }

    /// Stops mapping; what was being mapped comes back as cancelled and is given back unharmed.
    fn hand_back(&mut self, actions: &mut Vec<Action>) {
        let Some(job) = self.job.clone() else {
            return;
        };
        for task in self.tasks.values() {
            if matches!(task.phase, Phase::Running) {
                actions.push(Action::Cancel(job.clone(), task.claim.task.clone()));
            }
        }
    }

    fn drop_tasks(&mut self, actions: &mut Vec<Action>) {
        self.hand_back(actions);
        self.tasks.clear();
    }

    fn leave(&mut self, actions: &mut Vec<Action>) {
        self.drop_tasks(actions);
        actions.push(Action::Leave);
        self.left = true;
    }
}
