//! The network between master, workers and Redis.

use std::time::Duration;

use testkit::proxy::Mode;
use testkit::{Cluster, Config, DEADLINE, Process, Proxy, eventually};

use super::progress::{ENDLESS, await_more};
use crate::support::{assert_ends_well, books, hurry, long_books};

/// Log text about a missing reply.
const NO_REPLY: &str = "did not answer in time";

fn proxy(cluster: &Cluster) -> Proxy {
    Proxy::start(cluster.redis().port())
}

/// Starts a worker with one slot behind a proxy that drops the replies to `command`. After the first dropped reply, and
/// when `done` holds, the proxy ends all connections and passes new ones.
fn lose_replies(
    cluster: &Cluster,
    command: &str,
    done: impl Fn(&Process) -> bool,
) -> (Proxy, Process) {
    let proxy = proxy(cluster);
    proxy.set(Mode::LoseRepliesTo(command.to_owned()));
    let worker = cluster.worker_with(&[("redis.url", &proxy.url()), ("worker.slots", "1")]);
    worker.await_log(" worker=");
    eventually(DEADLINE, "a reply is lost", || {
        proxy.dropped_bytes() > 0 && done(&worker)
    });
    proxy.set(Mode::Pass);
    proxy.cut();
    (proxy, worker)
}

/// Row 2: a commit takes effect, and its reply is lost.
fn check_lost_commit(config: Config) {
    // With an endless lease, no other worker reclaims the task. The worker must find its commit.
    let cluster = config.set("worker.lease", ENDLESS).start();
    let mut master = cluster.master();
    let (_proxy, worker) = lose_replies(&cluster, "mr1_commit", |_| cluster.done() > 0);
    worker.await_log("reply=Duplicate");
    assert_ends_well(&cluster, &mut master, &mut [worker]);
}

#[test]
fn a_commit_whose_reply_is_lost_is_repeated_and_found_to_be_done() {
    check_lost_commit(books());
}

#[test]
fn a_live_commit_whose_reply_is_lost_is_repeated_and_counted_once() {
    check_lost_commit(books().live());
}

/// Row 3: Redis delivers a task, and the reply is lost.
#[test]
fn a_task_whose_delivery_is_lost_is_found_in_the_workers_own_history() {
    let cluster = books().set("worker.lease", ENDLESS).start();
    let mut master = cluster.master();
    let (_proxy, worker) =
        lose_replies(&cluster, "XREADGROUP", |worker| cluster.held_by(worker) > 0);
    assert_ends_well(&cluster, &mut master, &mut [worker]);
}

#[test]
fn a_task_whose_delivery_is_lost_is_reclaimed_if_its_worker_dies() {
    // Without backup attempts, another worker gets the task only by reclaiming it.
    let cluster = books().set("worker.backups", "false").start();
    let mut master = cluster.master();
    let (_proxy, mut dead) = lose_replies(&cluster, "XREADGROUP", |worker| {
        let held = cluster.held_by(worker) > 0;
        if held {
            worker.stop();
        }
        held
    });
    dead.kill();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let reclaimed = |worker: &Process| {
        worker
            .log()
            .contains("reclaimed a task with an expired lease")
    };
    assert!(workers.iter().any(reclaimed));
}

/// A job whose processes reach Redis through a proxy.
struct ProxiedJob {
    // Fields are dropped in this order: processes before the cluster.
    master: Process,
    workers: Vec<Process>,
    proxy: Proxy,
    cluster: Cluster,
}

impl ProxiedJob {
    fn start(config: Config) -> Self {
        let cluster = config.start();
        let proxy = proxy(&cluster);
        let url = proxy.url();
        let settings = [("redis.url", url.as_str())];
        let master = cluster.master_with(&settings);
        let workers = (0..3).map(|_| cluster.worker_with(&settings)).collect();
        cluster.await_done(10);
        Self {
            master,
            workers,
            proxy,
            cluster,
        }
    }

    fn logged(&self, text: &str) -> bool {
        let logs = self.workers.iter().chain([&self.master]);
        logs.map(Process::log).any(|log| log.contains(text))
    }

    fn assert_ends_well(mut self) {
        assert_ends_well(&self.cluster, &mut self.master, &mut self.workers);
    }
}

/// Row 21: no process reaches Redis for longer than a lease.
#[test]
fn a_job_resumes_after_a_partition() {
    let all = ProxiedJob::start(long_books());
    all.proxy.set(Mode::Refuse);
    eventually(DEADLINE, "all leases have ended", || {
        let leases = all.cluster.leases();
        // A job without leases would fail here: no worker can release a lease during the partition.
        !leases.is_empty() && leases.iter().all(|idle| *idle > Duration::from_secs(2))
    });
    assert_eq!(all.cluster.state(), "MAP");
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

#[test]
fn a_partitioned_worker_loses_its_tasks_to_others_and_returns() {
    let cluster = long_books().start();
    let mut master = cluster.master();
    let proxy = proxy(&cluster);
    let mut workers = vec![cluster.worker_with(&[("redis.url", &proxy.url())])];
    cluster.await_done(4);
    eventually(DEADLINE, "the worker holds a task", || {
        cluster.held_by(&workers[0]) > 0
    });
    proxy.set(Mode::Refuse);
    workers.extend(cluster.workers(1));
    workers[1].await_log("reclaimed a task with an expired lease");
    proxy.set(Mode::Pass);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// The round trip takes four seconds, four times the lease.
#[test]
fn a_job_continues_while_every_reply_takes_seconds() {
    // With few tasks, few delayed replies are left at the end of the delay.
    let all = ProxiedJob::start(books().set("worker.slow", "300ms"));
    all.proxy.set(Mode::Delay(Duration::from_secs(2)));
    await_more(&all.cluster, 8);
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

/// Row 22: neither side sees the end of a connection.
#[test]
fn half_open_connections_are_abandoned_and_replaced() {
    let all = ProxiedJob::start(long_books());
    all.proxy.set(Mode::HalfOpen);
    eventually(DEADLINE, "a process reports a missing reply", || {
        all.logged(NO_REPLY)
    });
    // The old connections stay silent, so the processes must open new ones.
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

#[test]
fn requests_to_a_suspended_redis_are_retried() {
    let all = ProxiedJob::start(long_books());
    let pid = i32::try_from(all.cluster.redis().pid()).unwrap();
    let signal = |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
    signal(nix::sys::signal::Signal::SIGSTOP);
    eventually(DEADLINE, "a process reports a missing reply", || {
        all.logged(NO_REPLY)
    });
    signal(nix::sys::signal::Signal::SIGCONT);
    all.assert_ends_well();
}
