//! What a cluster's job looks like in Redis.

use std::ops::Range;
use std::time::Duration;

use redis::{Client, FromRedisValue, RedisResult, cmd};

use crate::{Cluster, DEADLINE, Process, eventually};

/// A local server answers within milliseconds, or not at all.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Cluster {
    /// Asks Redis.
    ///
    /// # Errors
    /// If Redis is away or refuses.
    pub fn try_ask<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let mut connection =
            Client::open(self.redis.url())?.get_connection_with_timeout(TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        cmd(command[0]).arg(&command[1..]).query(&mut connection)
    }

    /// Asks Redis.
    ///
    /// # Panics
    /// If Redis is away or refuses.
    pub fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_ask(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// The ids of all jobs that have keys, whether listed or not.
    ///
    /// # Panics
    /// If Redis is away.
    pub fn jobs(&self) -> Vec<String> {
        let keys: Vec<String> = self.ask(&["KEYS", "mr:{*}:meta"]);
        let id = |key: String| Some(key.strip_prefix("mr:{")?.strip_suffix("}:meta")?.to_owned());
        keys.into_iter().filter_map(id).collect()
    }

    /// The id of the only job.
    ///
    /// # Panics
    /// If there is none, or another one.
    pub fn job(&self) -> String {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "one job, not {jobs:?}");
        jobs.into_iter().next().expect("it was counted")
    }

    /// A key of the only job, such as `done`.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn key(&self, name: &str) -> String {
        format!("mr:{{{}}}:{name}", self.job())
    }

    /// How many tasks of the listed job are done; 0 if there is none, or no Redis.
    pub fn done(&self) -> u64 {
        let done = || -> RedisResult<u64> {
            let listed: Vec<String> = self.try_ask(&["ZRANGE", "mr:jobs", "-1", "-1"])?;
            let Some(job) = listed.first() else {
                return Ok(0);
            };
            self.try_ask(&["HLEN", &format!("mr:{{{job}}}:done")])
        };
        done().unwrap_or_default()
    }

    /// Waits until at least `tasks` tasks are done.
    ///
    /// # Panics
    /// If they are not after [`DEADLINE`].
    pub fn await_done(&self, tasks: u64) {
        eventually(DEADLINE, &format!("{tasks} tasks are done"), || {
            self.done() >= tasks
        });
    }

    /// Waits until at least `workers` wait for a job, while nobody else waits in Redis.
    ///
    /// # Panics
    /// If they do not after [`DEADLINE`].
    pub fn await_idle(&self, workers: usize) {
        eventually(
            DEADLINE,
            &format!("{workers} workers wait for a job"),
            || {
                let clients: String = self.ask(&["INFO", "clients"]);
                let blocked = clients
                    .lines()
                    .find_map(|line| line.strip_prefix("blocked_clients:"));
                blocked.and_then(|count| count.trim().parse().ok()) >= Some(workers)
            },
        );
    }

    /// How many tasks of the only job are claimed and not acknowledged.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn pending(&self) -> u64 {
        let (pending, ..): (u64, redis::Value, redis::Value, redis::Value) =
            self.ask(&["XPENDING", &self.key("tasks"), "workers"]);
        pending
    }

    /// How long ago each lease of the only job was given or renewed last, of a hundred at most.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn leases(&self) -> Vec<Duration> {
        let tasks = self.key("tasks");
        let held: Vec<(String, String, u64, u64)> =
            self.ask(&["XPENDING", &tasks, "workers", "-", "+", "100"]);
        held.into_iter()
            .map(|(.., idle, _)| Duration::from_millis(idle))
            .collect()
    }

    /// How many tasks of the only job this worker has claimed and not acknowledged; 0 while there is no
    /// job or no Redis.
    ///
    /// # Panics
    /// If the worker has not said its name in its log.
    pub fn held_by(&self, worker: &Process) -> u64 {
        let log = worker.log();
        let name = log
            .split(" worker=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let name = name.expect("a worker tells its name at start");
        let Some(job) = self.jobs().pop() else {
            return 0;
        };
        let tasks = format!("mr:{{{job}}}:tasks");
        let held = self.try_ask(&["XPENDING", &tasks, "workers", "-", "+", "100", name]);
        held.map_or(0, |held: Vec<redis::Value>| held.len() as u64)
    }

    /// How many tasks the only job has.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn total(&self) -> u64 {
        self.ask(&["HGET", &self.key("meta"), "total"])
    }

    /// How many map tasks the only job has.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn maps(&self) -> u64 {
        self.ask(&["HGET", &self.key("meta"), "maps"])
    }

    /// The state of the listed job, such as `MAP`; empty if there is none, or no Redis.
    pub fn state(&self) -> String {
        let listed = || self.try_ask(&["ZRANGE", "mr:jobs", "-1", "-1"]);
        let job = listed()
            .ok()
            .and_then(|jobs: Vec<String>| jobs.into_iter().next());
        let state = |job| self.try_ask(&["HGET", &format!("mr:{{{job}}}:meta"), "state"]);
        job.and_then(|job| state(job).ok()).unwrap_or_default()
    }

    /// Waits until the job is in its reduce phase and `parts` of its reduce tasks are done.
    ///
    /// # Panics
    /// If they are not after [`DEADLINE`].
    pub fn await_reduced(&self, parts: u64) {
        eventually(DEADLINE, &format!("{parts} reduce tasks are done"), || {
            // Read one after the other: a state may be over before its tasks are counted.
            self.state() == "REDUCE" && self.done() >= self.maps() + parts
        });
    }

    /// The keys of all blobs in Redis of the tasks in `tasks`, by index, sorted.
    ///
    /// # Panics
    /// If Redis is away.
    pub fn blobs(&self, tasks: Range<u64>) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(&["KEYS", "mr:{*}:run:*"]);
        let within = |key: &String| {
            let task = key
                .rsplit(":run:")
                .next()
                .and_then(|name| name.split(':').next());
            task.and_then(|task| task.parse().ok())
                .is_some_and(|task: u64| tasks.contains(&task))
        };
        keys.retain(within);
        keys.sort();
        keys
    }

    /// The keys of the blobs that map tasks of the only job have stored.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn runs(&self) -> Vec<String> {
        self.blobs(0..self.maps())
    }

    /// The keys of the blobs that reduce tasks of the only job have stored.
    ///
    /// # Panics
    /// If there is not one job.
    pub fn parts(&self) -> Vec<String> {
        self.blobs(self.maps()..u64::MAX)
    }
}
