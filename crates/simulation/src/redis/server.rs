//! The server: admission of commands, snapshots and restarts.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::args::Args;
use super::commands;
use super::data::Dataset;
use super::functions::Functions;
use super::reply::{Reply, Step};

/// A server.
#[derive(Debug)]
pub struct Server {
    data: Arc<Mutex<Dataset>>,
    functions: Functions,
    run_id: String,
    /// The snapshot in progress, and the number of commands until it is written.
    saving: Option<(u32, Dataset)>,
    /// The last written snapshot, until [`Server::snapshot`] takes it.
    saved: Option<Dataset>,
    /// Time of the last snapshot in seconds.
    last_save: u64,
    /// Reason for which the server rejects some commands.
    refusal: Option<Refusal>,
}

/// Number of commands during which a snapshot is written.
const SNAPSHOT_COMMANDS: u32 = 5;

/// Reason for which a server rejects commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Memory is used up, so commands that may need more are rejected.
    Memory,
    /// Snapshots fail, so all writes are rejected.
    Snapshots,
}

/// Commands that only read. The server always executes them.
const READS: [&str; 24] = [
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
/// Commands that write without needing memory.
const WRITES_WITHOUT_MEMORY: [&str; 11] = [
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
const READ_FUNCTIONS: [&str; 3] = ["mr1_permitted", "mr1_status", "mr1_version"];

impl Server {
    /// Returns an empty server.
    ///
    /// # Panics
    /// The Lua interpreter cannot be started.
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

    /// The content of all keys.
    pub fn data(&self) -> MutexGuard<'_, Dataset> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Run id, which changes with each restart.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Sets the clock in ms.
    pub fn set_clock(&mut self, now: u64) {
        self.data().now = now;
        if self.last_save == 0 {
            // A server counts from its start.
            self.last_save = now / 1000;
        }
    }

    /// Sets which commands the server rejects from now on. `None` accepts all commands.
    pub fn refuse(&mut self, refusal: Option<Refusal>) {
        self.refusal = refusal;
    }

    /// Returns whether some commands are rejected.
    pub fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    /// Restarts with the data of a snapshot.
    pub fn restart(&mut self, run_id: &str, snapshot: Dataset) {
        *self.data() = snapshot;
        run_id.clone_into(&mut self.run_id);
        (self.saving, self.saved, self.refusal) = (None, None, None);
        let now = self.data().now;
        self.last_save = now / 1000;
    }

    /// Returns whether the server can write snapshots.
    pub fn saves(&self) -> bool {
        self.refusal != Some(Refusal::Snapshots)
    }

    /// Takes the snapshot that a command requested, once it is written.
    pub fn snapshot(&mut self) -> Option<Dataset> {
        self.saved.take()
    }

    /// Executes a command. A blocking read returns at once.
    pub fn execute(&mut self, args: &[Vec<u8>]) -> Reply {
        self.continue_snapshot();
        self.answer(args).unwrap_or_else(|error| error)
    }

    /// Continues the snapshot in progress.
    fn continue_snapshot(&mut self) {
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

    /// Starts a snapshot of the current data.
    fn save(&mut self) -> Step<Reply> {
        if self.saving.is_some() {
            return Err(Reply::err("Background save already in progress"));
        }
        let data = self.data().clone();
        self.saving = Some((SNAPSHOT_COMMANDS, data));
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

    /// Rejects a command that the state of the server does not allow.
    fn admit(&self, name: &str, args: &[Vec<u8>]) -> Step<()> {
        let function = args.get(1).map(|name| String::from_utf8_lossy(name));
        let reads = READS.contains(&name)
            || (name == "FCALL" && function.is_some_and(|name| READ_FUNCTIONS.contains(&&*name)));
        let sets_id = args
            .get(1)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"SETID"));
        let needs_no_memory =
            WRITES_WITHOUT_MEMORY.contains(&name) || (name == "XGROUP" && sets_id);
        match self.refusal {
            Some(Refusal::Memory) if !reads && !needs_no_memory => Err(Reply::Error(
                "OOM command not allowed when used memory > 'maxmemory'.".to_owned(),
            )),
            Some(Refusal::Snapshots) if !reads && name != "BGSAVE" => Err(Reply::Error(
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
            write!(text, "{name}:{value}\r\n").expect("writing to a string cannot fail");
        }
        text
    }
}
