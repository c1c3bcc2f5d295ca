//! A model of Redis: what of it master and workers use, with the library's own text run by Lua.
//!
//! It keeps what a server keeps, does one command after the other, and can be put back to what it was. A test asks it
//! and a real server the same at random (`tests/model`).
//!
//! # Layout
//! - [`Data`]: keys, hashes, sorted sets, [`stream`]s. `commands` finds the command in `keys`, `hashes`, `sorted`,
//!   `streams` and `groups`.
//! - `functions`: the library.

mod args;
mod commands;
mod data;
mod functions;
mod groups;
mod hashes;
mod keys;
mod reply;
mod sorted;
pub mod stream;
mod streams;

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use args::Args;
pub use data::{Content, Data, Fields};
use functions::Functions;
pub use reply::Reply;
use reply::Step;

/// A server.
#[derive(Debug)]
pub struct Server {
    data: Arc<Mutex<Data>>,
    functions: Functions,
    run_id: String,
    /// A snapshot that is being written, and how many commands that takes yet.
    saving: Option<(u32, Data)>,
    /// One that is written.
    saved: Option<Data>,
    /// When the last one was, in seconds.
    last_save: u64,
    /// The error with which it refuses what takes memory, or every write.
    refusal: Option<Refusal>,
}

/// How many commands come between the beginning and the end of a snapshot.
const SAVING: u32 = 5;

/// Why a server takes no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its memory is used up: what may need more is refused.
    Memory,
    /// Its snapshots fail: all writes are.
    Snapshots,
}

/// Commands that change nothing and are done whatever the state of the server.
const LOOKS: [&str; 24] = [
    "EXISTS",
    "GET",
    "GETRANGE",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HVALS",
    "INFO",
    "PING",
    "PTTL",
    "TIME",
    "TYPE",
    "XINFO",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREAD",
    "XREVRANGE",
    "ZCARD",
    "ZRANGE",
    "ZREVRANGE",
];
/// Commands that change something without needing memory.
const LEAN: [&str; 11] = [
    "BGSAVE",
    "DEL",
    "HDEL",
    "PEXPIRE",
    "PEXPIREAT",
    "UNLINK",
    "XACK",
    "XAUTOCLAIM",
    "XCLAIM",
    "XREADGROUP",
    "ZREM",
];
/// Functions that are registered with the flag `no-writes`.
const LOOKING: [&str; 3] = ["mr1_permitted", "mr1_status", "mr1_version"];

impl Server {
    /// An empty server.
    ///
    /// # Panics
    /// The interpreter cannot be started.
    pub fn new(run_id: &str) -> Self {
        let data = Arc::default();
        let functions = Functions::new(&data).expect("Lua starts");
        Self {
            data,
            functions,
            run_id: run_id.to_owned(),
            saving: None,
            saved: None,
            last_save: 0,
            refusal: None,
        }
    }

    /// What it holds.
    pub fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which incarnation it is.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Sets its clock, in ms.
    pub fn set_clock(&mut self, now: u64) {
        self.data().now = now;
        if self.last_save == 0 {
            // It counts from its start.
            self.last_save = now / 1000;
        }
    }

    /// From now on some commands are refused, or none.
    pub fn refuse(&mut self, refusal: Option<Refusal>) {
        self.refusal = refusal;
    }

    /// Whether some commands are refused.
    pub fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    /// Starts again, with what a snapshot held.
    pub fn restart(&mut self, run_id: &str, snapshot: Data) {
        *self.data() = snapshot;
        run_id.clone_into(&mut self.run_id);
        (self.saving, self.saved, self.refusal) = (None, None, None);
        let now = self.data().now;
        self.last_save = now / 1000;
    }

    /// Whether it can write snapshots.
    pub fn saves(&self) -> bool {
        self.refusal != Some(Refusal::Snapshots)
    }

    /// A snapshot that was asked for and has been written since this was asked last.
    pub fn snapshot(&mut self) -> Option<Data> {
        self.saved.take()
    }

    /// Does a command. Reads do not wait.
    pub fn execute(&mut self, args: &[Vec<u8>]) -> Reply {
        self.write_on();
        self.answer(args).unwrap_or_else(|error| error)
    }

    /// Goes on with the snapshot that is being written.
    fn write_on(&mut self) {
        let Some((left, data)) = self.saving.take() else {
            return;
        };
        if left > 0 {
            self.saving = Some((left - 1, data));
        } else if self.saves() {
            self.saved = Some(data);
            let now = self.data().now;
            self.last_save = now / 1000;
        }
    }

    /// Begins a snapshot of what there is now, if none is being written.
    fn save(&mut self) -> Step<Reply> {
        if self.saving.is_some() {
            return Err(Reply::err("Background save already in progress"));
        }
        let data = self.data().clone();
        self.saving = Some((SAVING, data));
        Ok(Reply::Status("Background saving started".to_owned()))
    }

    fn answer(&mut self, args: &[Vec<u8>]) -> Step<Reply> {
        let mut rest = Args::new(args);
        let name = rest.text()?.to_ascii_uppercase();
        self.admit(&name, args)?;
        match name.as_str() {
            "FCALL" => self.call(&mut rest),
            "FUNCTION" => self.load(&mut rest),
            "INFO" => Ok(Reply::text(self.info())),
            "BGSAVE" => self.save(),
            _ => Ok(commands::execute(&mut self.data(), args)),
        }
    }

    /// Refuses what the state of the server does not allow.
    fn admit(&self, name: &str, args: &[Vec<u8>]) -> Step<()> {
        let function = args.get(1).map(|name| String::from_utf8_lossy(name));
        let looks = LOOKS.contains(&name)
            || (name == "FCALL" && function.is_some_and(|name| LOOKING.contains(&&*name)));
        let sets_id = args
            .get(1)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"SETID"));
        let lean = LEAN.contains(&name) || (name == "XGROUP" && sets_id);
        match self.refusal {
            Some(Refusal::Memory) if !looks && !lean => Err(Reply::Error(
                "OOM command not allowed when used memory > 'maxmemory'.".to_owned(),
            )),
            Some(Refusal::Snapshots) if !looks && name != "BGSAVE" => Err(Reply::Error(
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn call(&mut self, args: &mut Args<'_>) -> Step<Reply> {
        let (name, count) = (args.text()?, args.int()?.max(0) as usize);
        let rest = args.rest();
        if count > rest.len() {
            return Err(Reply::err(
                "Number of keys can't be greater than number of args",
            ));
        }
        let (keys, args) = rest.split_at(count);
        let library = self.data().library.clone();
        self.functions.call(library.as_ref(), &name, keys, args)
    }

    fn load(&mut self, args: &mut Args<'_>) -> Step<Reply> {
        if !args.take("LOAD") {
            return Err(Reply::err("unknown subcommand"));
        }
        let replaces = args.take("REPLACE");
        let text: Arc<str> = args.text()?.into();
        if self.data().library.is_some() && !replaces {
            return Err(Reply::err("Library 'mapreduce1' already exists"));
        }
        self.functions.load(&text)?;
        self.data().library = Some(text);
        Ok(Reply::text("mapreduce1"))
    }

    fn info(&self) -> String {
        let saving = u8::from(self.saving.is_some());
        let mut text = String::new();
        let (snapshots, used) = match self.refusal {
            Some(Refusal::Snapshots) => ("err", 1_u64 << 20),
            Some(Refusal::Memory) => ("ok", 1 << 30),
            None => ("ok", 1 << 20),
        };
        for (name, value) in [
            ("redis_version", "7.0.15"),
            ("run_id", &self.run_id),
            ("role", "master"),
            ("loading", "0"),
            ("maxmemory_policy", "noeviction"),
            ("maxmemory", &(1_u64 << 30).to_string()),
            ("used_memory", &used.to_string()),
            ("evicted_keys", "0"),
            ("aof_enabled", "0"),
            ("aof_last_write_status", "ok"),
            ("rdb_bgsave_in_progress", &saving.to_string()),
            ("rdb_last_bgsave_status", snapshots),
            ("rdb_last_save_time", &self.last_save.to_string()),
        ] {
            // Writing to a string cannot fail.
            write!(text, "{name}:{value}\r\n").expect("a string takes text");
        }
        text
    }
}
