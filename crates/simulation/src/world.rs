//! What everybody shares: the server, its snapshots, the clock, the network's mood, and the record of what happened.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::invariants::{Invariants, committed_run};
use crate::redis::{Data, Reply, Server};
use crate::stage::Stage;
use crate::tally::Tally;

/// What the server's clock shows when a simulation begins, in ms.
const BEGINNING: u64 = 1_700_000_000_000;
/// Snapshots that are kept.
const SNAPSHOTS: usize = 40;
/// Lines of the story that are kept.
const STORY: usize = 20_000;
/// A job that needs more commands than this goes round in circles.
const ENDLESS: u64 = 400_000;

/// Somebody who talks to the server: 0 is the master.
pub type Client = usize;

/// What is wrong with somebody's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answers a connection.
    Refused,
    /// What is sent vanishes.
    Swallowed,
    /// Commands arrive and are done, and their answers vanish.
    Mute,
    /// Every way takes so many ms more.
    Slow(u64),
}

/// The shared world, and the bells that ring in it.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    /// Rings when the data may have changed.
    pub changed: Notify,
    /// Rings when the next fault is due.
    pub fault: Notify,
    /// Rings when something happened that must never happen.
    pub broken: Notify,
    /// Rings when all faults are over.
    pub calmed: Notify,
}

impl Shared {
    /// A world in which faults are drawn from `rng`; it keeps its story if that is asked for.
    pub fn new(rng: Rng, telling: bool) -> Self {
        Self {
            world: Mutex::new(World::new(rng, telling)),
            changed: Notify::new(),
            fault: Notify::new(),
            broken: Notify::new(),
            calmed: Notify::new(),
        }
    }

    /// The world, which nobody holds while waiting.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a command for `client`, and looks whether everything is still as it must be.
    pub fn execute(&self, client: Client, command: &[Vec<u8>]) -> Reply {
        let mut world = self.world();
        let reply = world.execute(client, command);
        if world.executed >= world.next_fault {
            world.next_fault = u64::MAX;
            self.fault.notify_one();
        }
        let broken = world.violation.is_some();
        drop(world);
        if broken {
            self.broken.notify_one();
        }
        // What readers wait for comes from functions, and from announcements.
        if command
            .first()
            .is_some_and(|word| word == b"FCALL" || word == b"XADD")
        {
            self.changed.notify_waiters();
        }
        reply
    }
}

/// The server and what is around it.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// Whether it runs.
    pub up: bool,
    /// How often it was started.
    pub incarnation: u64,
    /// What it could start with again, oldest first.
    pub snapshots: VecDeque<Data>,
    /// How far its clock is off, in ms.
    pub skew: i64,
    /// Whose connections are in trouble.
    pub troubles: BTreeMap<Client, Trouble>,
    /// Whether faults are over.
    pub calm: bool,
    /// Whether all workers are dead for good.
    pub deserted: bool,
    /// When something began or ceased to be wrong last.
    disturbed: Duration,
    /// In which incarnation of the server the workers were dismissed last.
    pub dismissed: Option<u64>,
    /// Where the job's result goes.
    pub output: PathBuf,
    /// Where chance comes from.
    pub rng: Rng,
    /// Commands done so far.
    pub executed: u64,
    /// At which number of commands the next fault comes.
    pub next_fault: u64,
    /// What happened how often.
    pub tally: Tally,
    /// Whether a job was done at any time: its result may have been published.
    pub finished: bool,
    /// The first thing that must never happen and did.
    pub violation: Option<String>,
    invariants: Invariants,
    telling: bool,
    story: VecDeque<String>,
    start: Instant,
}

impl World {
    fn new(rng: Rng, telling: bool) -> Self {
        let mut server = Server::new("run-1");
        server.set_clock(BEGINNING);
        Self {
            server,
            up: true,
            incarnation: 1,
            snapshots: VecDeque::from([Data::default()]),
            skew: 0,
            troubles: BTreeMap::new(),
            calm: false,
            deserted: false,
            disturbed: Duration::ZERO,
            dismissed: None,
            output: PathBuf::new(),
            rng,
            executed: 0,
            next_fault: u64::MAX,
            tally: Tally::default(),
            finished: false,
            violation: None,
            invariants: Invariants::default(),
            telling,
            story: VecDeque::new(),
            start: Instant::now(),
        }
    }

    /// The time since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Something begins or ceases to be wrong.
    pub fn disturb(&mut self) {
        self.disturbed = self.elapsed();
    }

    /// For how long nothing has been wrong.
    pub fn quiet(&self) -> Duration {
        if !self.up || !self.troubles.is_empty() || self.server.refuses() {
            return Duration::ZERO;
        }
        self.elapsed().saturating_sub(self.disturbed)
    }

    /// How far the job is, as the server has it: the one that is not over, if there are several.
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

    /// Notes what happens, for whoever looks for the cause of a failure.
    pub fn tell(&mut self, what: impl FnOnce() -> String) {
        if !self.telling {
            return;
        }
        let line = format!("{:>9.3} {}", self.elapsed().as_secs_f64(), what());
        self.story.push_back(line);
        if self.story.len() > STORY {
            self.story.pop_front();
        }
    }

    /// The last lines of what happened.
    pub fn story(&self) -> impl Iterator<Item = &str> {
        self.story.iter().map(String::as_str)
    }

    /// Notes the first thing that must never happen.
    pub fn violated(&mut self, what: String) {
        self.tell(|| format!("VIOLATED: {what}"));
        self.violation.get_or_insert(what);
    }

    fn execute(&mut self, client: Client, command: &[Vec<u8>]) -> Reply {
        let now = BEGINNING + self.elapsed().as_millis() as u64;
        self.server.set_clock(now.saturating_add_signed(self.skew));
        let reply = self.server.execute(command);
        self.executed += 1;
        if matches!(command, [word, key, ..] if word == b"SET" && key == b"mr:dismissed")
            && reply == Reply::ok()
        {
            self.dismissed = Some(self.incarnation);
        }
        self.tell(|| format!("{client}: {} -> {}", shown(command), short(&reply.shown())));
        self.finished |= is_finish(command) && reply.shown().contains("DONE");
        if let Some(reason) = failure(command) {
            self.violated(format!("an attempt failed: {reason}"));
        }
        let refused = matches!(reply, Reply::Error(_));
        let checked = self
            .invariants
            .check(&self.server.data(), client, command, refused);
        if let Err(broken) = checked {
            self.violated(broken);
        }
        let removed = committed_run(&self.server.data(), command);
        if let Some(run) = removed.filter(|_| !refused && !self.output.exists()) {
            self.violated(format!("{run} is removed, and the job needs it"));
        }
        if self.executed > ENDLESS {
            self.violated(format!("more than {ENDLESS} commands"));
        }
        // A server saves when it is asked to and, by its own rules, at any other moment.
        if let Some(data) = self.server.snapshot() {
            self.save(data);
        }
        if !self.calm && self.server.saves() && self.rng.u8(..) < 24 {
            let data = self.server.data().clone();
            self.save(data);
        }
        reply
    }

    fn save(&mut self, data: Data) {
        self.snapshots.push_back(data);
        if self.snapshots.len() > SNAPSHOTS {
            // An empty server is always possible, and so is a recent past.
            let at = 1 + self.rng.usize(..SNAPSHOTS / 2);
            self.snapshots.remove(at);
        }
    }

    /// The server dies.
    pub fn kill_server(&mut self) {
        self.up = false;
        self.tell(|| "the server dies".to_owned());
    }

    /// The server starts with one of its snapshots; those after it are gone.
    pub fn start_server(&mut self, snapshot: usize) {
        self.incarnation += 1;
        self.snapshots.truncate(snapshot + 1);
        let data = self.snapshots[snapshot].clone();
        self.server
            .restart(&format!("run-{}", self.incarnation), data);
        self.invariants.forget();
        self.up = true;
        let left = self.snapshots.len();
        self.tell(|| format!("the server starts with snapshot {snapshot} of {left}"));
    }
}

fn is_finish(command: &[Vec<u8>]) -> bool {
    matches!(command, [name, function, ..] if name == b"FCALL" && function == b"mr1_finish")
}

/// Why an attempt failed by itself, if that is what `command` says: nothing that goes wrong here makes one fail.
fn failure(command: &[Vec<u8>]) -> Option<String> {
    let [name, function, .., blame, _, reason] = command else {
        return None;
    };
    let reason = String::from_utf8_lossy(reason).into_owned();
    let failed = name == b"FCALL" && function == b"mr1_fail" && blame == b"1";
    (failed && !reason.contains("every worker that ran it died")).then_some(reason)
}

/// A command as a line of the story.
fn shown(command: &[Vec<u8>]) -> String {
    let words = command
        .iter()
        .map(|word| short(&String::from_utf8_lossy(word)));
    let words: Vec<_> = words
        .filter(|word| !word.starts_with("mr:") || command.len() < 8)
        .collect();
    words.join(" ")
}

fn short(text: &str) -> String {
    match text.char_indices().nth(90) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
