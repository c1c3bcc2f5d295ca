//! A new Redis server for each test.

use std::thread;
use std::time::Duration;

use redis::{Connection, ConnectionLike, FromRedisValue, cmd};
use store::conformance::Harness;
use store::{JobRef, RedisOptions, RedisStore};
use testkit::RedisServer;

/// The file that defines the recommended user, who has only the needed permissions.
pub(crate) const USERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/users.conf");

/// A Redis server, and a store that connects as the recommended user.
pub(crate) struct Redis {
    pub(crate) server: RedisServer,
    store: RedisStore,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let arguments = [&["--include", USERS], arguments].concat();
        let server = RedisServer::start_with(&arguments);
        let store = store(&as_user("mapreduce", &server));
        Self { server, store }
    }

    /// Opens a connection that bypasses the store.
    pub(crate) fn raw(&self) -> Connection {
        let client = redis::Client::open(self.server.url()).unwrap();
        client.get_connection().unwrap()
    }

    /// Runs a command that bypasses the store.
    pub(crate) fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command
            .query(&mut self.raw())
            .unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Calls a function of the library, bypassing the store, on the test job and with its plan.
    pub(crate) fn call(&self, function: &str, arguments: &[&str]) -> Vec<String> {
        let (keys, plan) = (KEYS.map(key), format!("{:032x}", 7));
        let mut words = vec!["FCALL", function, "11"];
        words.extend(keys.iter().map(String::as_str));
        words.push(&plan);
        words.extend(arguments);
        self.run(&words)
    }

    /// Returns all keys but the presence of the master, in the form in which Redis would save them.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut keys: Vec<String> = self.run(&["KEYS", "*"]);
        keys.retain(|key| !key.ends_with(":master"));
        keys.sort();
        keys.into_iter()
            .map(|key| (key.clone(), self.run(&["DUMP", &key])))
            .collect()
    }

    /// Polls a section of INFO until it contains `expected`.
    pub(crate) fn until(&self, section: &str, expected: &str) {
        let mut raw = self.raw();
        for _ in 0..2_000 {
            let info: String = cmd("INFO").arg(section).query(&mut raw).unwrap();
            if info.contains(expected) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("{expected} does not appear in INFO {section}");
    }
}

/// Returns the URL of a user with the password of `deploy/users.conf`.
pub(crate) fn as_user(name: &str, server: &RedisServer) -> String {
    format!("redis://{name}:a-long-password@127.0.0.1:{}", server.port())
}

pub(crate) fn store(url: &str) -> RedisStore {
    RedisStore::new(options(url)).unwrap()
}

pub(crate) fn options(url: &str) -> RedisOptions {
    RedisOptions {
        url: url.to_owned(),
        ..RedisOptions::default()
    }
}

/// Keys of a job, in the order of the function library.
pub(crate) const KEYS: [&str; 11] = [
    "meta", "tasks", "done", "failed", "dead", "counters", "counts", "workers", "events", "parts",
    "held",
];

/// Returns a key of the test job.
pub(crate) fn key(name: &str) -> String {
    format!("mr:{{job}}:{name}")
}

impl Harness for Redis {
    type Store = RedisStore;

    fn store(&self) -> RedisStore {
        self.store.clone()
    }

    async fn age_leases(&self, job: &JobRef, by: Duration) {
        let (mut raw, tasks) = (self.raw(), format!("mr:{{{}}}:tasks", job.id));
        let pending: Vec<(String, String, u64, u64)> = cmd("XPENDING")
            .arg(&tasks)
            .arg("workers")
            .arg("-")
            .arg("+")
            .arg(1000)
            .query(&mut raw)
            .unwrap();
        for (id, worker, _, _) in pending {
            let mut claim = cmd("XCLAIM");
            claim.arg(&tasks).arg("workers").arg(worker).arg(0).arg(id);
            claim.arg("IDLE").arg(by.as_millis() as u64).arg("JUSTID");
            raw.req_command(&claim).unwrap();
        }
    }

    async fn settle(&self) {
        // The call must run before the server can report it as blocked.
        let mut raw = self.raw();
        for _ in 0..4_000 {
            let info: String = cmd("INFO").arg("clients").query(&mut raw).unwrap();
            if info.contains("blocked_clients:1") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("no client is blocked");
    }
}
