//! Queries about a cluster's job in Redis.

use std::ops::Range;
use std::time::Duration;

use redis::{Client, FromRedisValue, RedisResult, cmd};

use crate::cluster::Cluster;
use crate::eventually::{DEADLINE, eventually};
use crate::process::Process;

/// Deadline of a query. A local server answers within milliseconds, or not at all.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Cluster {
    /// Runs a Redis command.
    ///
    /// # Errors
    /// Fails if Redis cannot be reached or refuses the command.
    pub fn try_query<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let mut connection =
            Client::open(self.redis().url())?.get_connection_with_timeout(TIMEOUT)?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        cmd(command[0]).arg(&command[1..]).query(&mut connection)
    }

    /// Runs a Redis command.
    ///
    /// # Panics
    /// Panics if Redis cannot be reached or refuses the command.
    pub fn query<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_query(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Returns the ids of all jobs with keys, listed or not.
    ///
    /// # Panics
    /// Panics if Redis cannot be reached.
    pub fn jobs(&self) -> Vec<String> {
        let keys: Vec<String> = self.query(&["KEYS", "mr:{*}:meta"]);
        let id = |key: String| Some(key.strip_prefix("mr:{")?.strip_suffix("}:meta")?.to_owned());
        keys.into_iter().filter_map(id).collect()
    }

    /// Returns the id of the only job.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn job(&self) -> String {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "there are other jobs than one: {jobs:?}");
        jobs.into_iter().next().expect("one job")
    }

    /// Returns the key `name` of the only job, such as `done`.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn key(&self, name: &str) -> String {
        format!("mr:{{{}}}:{name}", self.job())
    }

    /// Returns the number of completed tasks of the listed job; 0 without a job or without Redis.
    pub fn done(&self) -> u64 {
        let done = || -> RedisResult<u64> {
            let listed: Vec<String> = self.try_query(&["ZRANGE", "mr:jobs", "-1", "-1"])?;
            let Some(job) = listed.first() else {
                return Ok(0);
            };
            self.try_query(&["HLEN", &format!("mr:{{{job}}}:done")])
        };
        done().unwrap_or_default()
    }

    /// Waits until at least `tasks` tasks are done.
    ///
    /// # Panics
    /// Panics if they are not after [`DEADLINE`].
    pub fn await_done(&self, tasks: u64) {
        eventually(DEADLINE, &format!("{tasks} tasks are done"), || {
            self.done() >= tasks
        });
    }

    /// Waits until at least `workers` idle workers wait for a job. No other client may block in Redis.
    ///
    /// # Panics
    /// Panics if they do not after [`DEADLINE`].
    pub fn await_idle(&self, workers: usize) {
        eventually(
            DEADLINE,
            &format!("{workers} workers wait for a job"),
            || {
                let clients: String = self.query(&["INFO", "clients"]);
                let blocked = clients
                    .lines()
                    .find_map(|line| line.strip_prefix("blocked_clients:"));
                blocked.and_then(|count| count.trim().parse().ok()) >= Some(workers)
            },
        );
    }

    /// Returns the number of tasks of the only job that are claimed and not acknowledged.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn pending(&self) -> u64 {
        let (pending, ..): (u64, redis::Value, redis::Value, redis::Value) =
            self.query(&["XPENDING", &self.key("tasks"), "workers"]);
        pending
    }

    /// Returns the times since each lease of the only job was granted or renewed, for at most 100 leases.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn leases(&self) -> Vec<Duration> {
        let tasks = self.key("tasks");
        let held: Vec<(String, String, u64, u64)> =
            self.query(&["XPENDING", &tasks, "workers", "-", "+", "100"]);
        held.into_iter()
            .map(|(.., idle, _)| Duration::from_millis(idle))
            .collect()
    }

    /// Returns the number of tasks that this worker has claimed and not acknowledged; 0 without a job or without
    /// Redis.
    ///
    /// # Panics
    /// Panics if the worker has not logged its name yet.
    pub fn held_by(&self, worker: &Process) -> u64 {
        let log = worker.log();
        let name = log
            .split(" worker=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let name = name.expect("a worker logs its name when it starts");
        let Some(job) = self.jobs().pop() else {
            return 0;
        };
        let tasks = format!("mr:{{{job}}}:tasks");
        let held = self.try_query(&["XPENDING", &tasks, "workers", "-", "+", "100", name]);
        held.map_or(0, |held: Vec<redis::Value>| held.len() as u64)
    }

    /// Returns the number of tasks of the only job.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn total(&self) -> u64 {
        self.query(&["HGET", &self.key("meta"), "total"])
    }

    /// Returns the number of map tasks of the only job.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn maps(&self) -> u64 {
        self.query(&["HGET", &self.key("meta"), "maps"])
    }

    /// Returns the state of the listed job, such as `MAP`; empty without a job or without Redis.
    pub fn state(&self) -> String {
        let listed = || self.try_query(&["ZRANGE", "mr:jobs", "-1", "-1"]);
        let job = listed()
            .ok()
            .and_then(|jobs: Vec<String>| jobs.into_iter().next());
        let state = |job| self.try_query(&["HGET", &format!("mr:{{{job}}}:meta"), "state"]);
        job.and_then(|job| state(job).ok()).unwrap_or_default()
    }

    /// Waits until the job is in its reduce phase and at least `tasks` reduce tasks are done.
    ///
    /// # Panics
    /// Panics if they are not after [`DEADLINE`].
    pub fn await_reduced(&self, tasks: u64) {
        eventually(DEADLINE, &format!("{tasks} reduce tasks are done"), || {
            // The state is read first: otherwise the phase could end in between.
            self.state() == "REDUCE" && self.done() >= self.maps() + tasks
        });
    }

    /// Returns the sorted keys of all blobs in Redis of the tasks with these indexes.
    ///
    /// # Panics
    /// Panics if Redis cannot be reached.
    pub fn blobs(&self, tasks: Range<u64>) -> Vec<String> {
        let mut keys: Vec<String> = self.query(&["KEYS", "mr:{*}:run:*"]);
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

    /// Returns the keys of all runs: the blobs of the only job's map tasks.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn runs(&self) -> Vec<String> {
        self.blobs(0..self.maps())
    }

    /// Returns the keys of all partition results: the blobs of the only job's reduce tasks.
    ///
    /// # Panics
    /// Panics if the number of jobs is not one.
    pub fn partition_results(&self) -> Vec<String> {
        self.blobs(self.maps()..u64::MAX)
    }
}
