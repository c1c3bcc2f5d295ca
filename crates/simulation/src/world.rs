//! The world of a simulation: the server, its snapshots, the clock, the faults in effect, and the trace.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use crate::client_id::ClientId;
use crate::connection_fault::ConnectionFault;
use crate::invariants::{Invariants, committed_run};
use crate::redis::{Dataset, Reply, Server};
use crate::stage::Stage;
use crate::tally::Tally;

/// Clock of the server at the start of a simulation in ms.
const START_CLOCK: u64 = 1_700_000_000_000;
/// Maximum number of kept snapshots.
const SNAPSHOTS: usize = 40;
/// Maximum number of lines of the trace.
const TRACE_LINES: usize = 20_000;
/// Number of commands after which a job counts as hanging.
const MAX_COMMANDS: u64 = 400_000;

/// The server and its environment.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// True if the server runs.
    pub up: bool,
    /// Number of starts of the server.
    pub incarnation: u64,
    /// Datasets with which the server can restart, oldest first.
    pub snapshots: VecDeque<Dataset>,
    /// Offset of the clock of the server in ms.
    pub skew: i64,
    /// Faults of connections by client.
    pub connection_faults: BTreeMap<ClientId, ConnectionFault>,
    /// True if all faults are over.
    pub faults_over: bool,
    /// True if all workers are dead for good.
    pub workers_gone: bool,
    /// Time at which a fault last started or ended.
    last_change: Duration,
    /// Incarnation of the server in which the workers were last dismissed.
    pub dismissed: Option<u64>,
    /// Path of the result.
    pub output: PathBuf,
    /// Source of all random decisions.
    pub rng: Rng,
    /// Number of commands so far.
    pub executed: u64,
    /// Number of commands at which the next fault comes.
    pub next_fault: u64,
    /// Numbers of events.
    pub tally: Tally,
    /// True if a job was ever done, so that its result may be published.
    pub finished: bool,
    /// The first violated invariant.
    pub violation: Option<String>,
    invariants: Invariants,
    /// True if events are recorded.
    traced: bool,
    trace: VecDeque<String>,
    start: Instant,
}

impl World {
    /// Returns a world with an empty server and no faults.
    pub(crate) fn new(rng: Rng, traced: bool) -> Self {
        let mut server = Server::new("run-1");
        server.set_clock(START_CLOCK);
        Self {
            server,
            up: true,
            incarnation: 1,
            snapshots: VecDeque::from([Dataset::default()]),
            skew: 0,
            connection_faults: BTreeMap::new(),
            faults_over: false,
            workers_gone: false,
            last_change: Duration::ZERO,
            dismissed: None,
            output: PathBuf::new(),
            rng,
            executed: 0,
            next_fault: u64::MAX,
            tally: Tally::default(),
            finished: false,
            violation: None,
            invariants: Invariants::default(),
            traced,
            trace: VecDeque::new(),
            start: Instant::now(),
        }
    }

    /// Simulated time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Records that a fault starts or ends.
    pub fn record_change(&mut self) {
        self.last_change = self.elapsed();
    }

    /// Time since the last fault, or zero while a fault is in effect.
    pub fn time_without_faults(&self) -> Duration {
        if !self.up || !self.connection_faults.is_empty() || self.server.refuses() {
            return Duration::ZERO;
        }
        self.elapsed().saturating_sub(self.last_change)
    }

    /// Stage of the job on the server. Of several jobs, an unfinished one counts.
    pub fn stage(&self) -> Stage {
        let data = self.server.data();
        let metas = data.keys().filter_map(|key| std::str::from_utf8(key).ok());
        let metas = metas.filter(|key| key.ends_with(":meta"));
        let states = metas.filter_map(|key| data.hash(key)?.get(&b"state"[..]));
        states
            .map(|state| Stage::read(state))
            .min()
            .unwrap_or(Stage::None)
    }

    /// Adds an event to the trace, if one is recorded.
    pub fn trace_event(&mut self, event: impl FnOnce() -> String) {
        if !self.traced {
            return;
        }
        let line = format!("{:>9.3} {}", self.elapsed().as_secs_f64(), event());
        self.trace.push_back(line);
        if self.trace.len() > TRACE_LINES {
            self.trace.pop_front();
        }
    }

    /// The last lines of the trace.
    pub fn trace(&self) -> impl Iterator<Item = &str> {
        self.trace.iter().map(String::as_str)
    }

    /// Records a violated invariant. Only the first one is kept.
    pub fn violated(&mut self, what: String) {
        self.trace_event(|| format!("VIOLATED: {what}"));
        self.violation.get_or_insert(what);
    }

    /// Executes a command of `client` and checks the invariants.
    pub(crate) fn execute(&mut self, client: ClientId, command: &[Vec<u8>]) -> Reply {
        let now = START_CLOCK + self.elapsed().as_millis() as u64;
        self.server.set_clock(now.saturating_add_signed(self.skew));
        let reply = self.server.execute(command);
        self.executed += 1;
        if matches!(command, [word, key, ..] if word == b"SET" && key == b"mr:dismissed")
            && reply == Reply::ok()
        {
            self.dismissed = Some(self.incarnation);
        }
        self.trace_event(|| format!("{client}: {} -> {}", shown(command), short(&reply.shown())));
        self.finished |= is_finish(command) && reply.shown().contains("DONE");
        if let Some(reason) = failure(command) {
            self.violated(format!("an attempt failed: {reason}"));
        }
        let rejected = matches!(reply, Reply::Error(_));
        let checked = self
            .invariants
            .check(&self.server.data(), client, command, rejected);
        if let Err(violation) = checked {
            self.violated(violation);
        }
        let removed = committed_run(&self.server.data(), command);
        if let Some(run) = removed.filter(|_| !rejected && !self.output.exists()) {
            self.violated(format!("{run} is removed although the job needs it"));
        }
        if self.executed > MAX_COMMANDS {
            self.violated(format!(
                "the job did not finish within {MAX_COMMANDS} commands"
            ));
        }
        // A server saves when a command requests it, and by its own rules at any other moment.
        if let Some(data) = self.server.snapshot() {
            self.save(data);
        }
        if !self.faults_over && self.server.saves() && self.rng.u8(..) < 24 {
            let data = self.server.data().clone();
            self.save(data);
        }
        reply
    }

    /// Keeps a snapshot.
    fn save(&mut self, data: Dataset) {
        self.snapshots.push_back(data);
        if self.snapshots.len() > SNAPSHOTS {
            // The empty snapshot and the recent ones are kept.
            let at = 1 + self.rng.usize(..SNAPSHOTS / 2);
            self.snapshots.remove(at);
        }
    }

    /// Kills the server.
    pub fn kill_server(&mut self) {
        self.up = false;
        self.trace_event(|| "the server dies".to_owned());
    }

    /// Restarts the server with a snapshot and drops the later ones.
    pub fn start_server(&mut self, snapshot: usize) {
        self.incarnation += 1;
        self.snapshots.truncate(snapshot + 1);
        let data = self.snapshots[snapshot].clone();
        self.server
            .restart(&format!("run-{}", self.incarnation), data);
        self.invariants.forget();
        self.up = true;
        let left = self.snapshots.len();
        self.trace_event(|| format!("the server starts with snapshot {snapshot} of {left}"));
    }
}

/// Returns whether the command finishes a job.
fn is_finish(command: &[Vec<u8>]) -> bool {
    matches!(command, [name, function, ..] if name == b"FCALL" && function == b"mr1_finish")
}

/// Returns the reason with which `command` reports a failed attempt. No simulated fault makes an attempt fail.
fn failure(command: &[Vec<u8>]) -> Option<String> {
    let [name, function, .., blame, _, reason] = command else {
        return None;
    };
    let reason = String::from_utf8_lossy(reason).into_owned();
    let failed = name == b"FCALL" && function == b"mr1_fail" && blame == b"1";
    (failed && !reason.contains("every worker that ran it died")).then_some(reason)
}

/// Returns a command as a line of the trace.
fn shown(command: &[Vec<u8>]) -> String {
    let words = command
        .iter()
        .map(|word| short(&String::from_utf8_lossy(word)));
    let words: Vec<_> = words
        .filter(|word| !word.starts_with("mr:") || command.len() < 8)
        .collect();
    words.join(" ")
}

/// Truncates a long text.
fn short(text: &str) -> String {
    match text.char_indices().nth(90) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
