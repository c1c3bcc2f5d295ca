//! The network between master, workers and Redis.

use std::time::Duration;

use testkit::proxy::Mode;
use testkit::{Cluster, Config, DEADLINE, Process, Proxy, eventually};

use super::{ENDLESS, await_more};
use crate::{assert_ends_well, books, hurry, long_books};

/// What is said of an answer that does not come.
const SILENT: &str = "did not answer in time";

fn proxy(cluster: &Cluster) -> Proxy {
    Proxy::start(cluster.redis().port())
}

/// Starts a worker of one slot behind a proxy that loses the answers to `command` from the first one on; once one is
/// lost and `done`, its connections end, and new ones are sound.
fn lose_replies(
    cluster: &Cluster,
    command: &str,
    done: impl Fn(&Process) -> bool,
) -> (Proxy, Process) {
    let proxy = proxy(cluster);
    proxy.set(Mode::LoseRepliesTo(command.to_owned()));
    let worker = cluster.worker_with(&[("redis.url", &proxy.url()), ("worker.slots", "1")]);
    worker.await_log(" worker=");
    eventually(DEADLINE, "an answer is lost", || {
        proxy.swallowed() > 0 && done(&worker)
    });
    proxy.set(Mode::Pass);
    proxy.cut();
    (proxy, worker)
}

/// Row 2: the commit took effect, its answer is lost.
fn check_lost_commit(config: Config) {
    // Nobody takes over: the worker itself must find out what became of its commit.
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

/// Row 3: the task was given out, the answer that says so is lost.
#[test]
fn a_task_whose_delivery_is_lost_is_found_in_the_workers_own_history() {
    let cluster = books().set("worker.lease", ENDLESS).start();
    let mut master = cluster.master();
    let (_proxy, worker) =
        lose_replies(&cluster, "XREADGROUP", |worker| cluster.held_by(worker) > 0);
    assert_ends_well(&cluster, &mut master, &mut [worker]);
}

#[test]
fn a_task_whose_delivery_is_lost_is_taken_over_if_its_worker_dies() {
    // Nobody makes a backup of what the dead worker held: its lease has to end.
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
    let took_over = |worker: &Process| {
        worker
            .log()
            .contains("reclaimed a task with an expired lease")
    };
    assert!(workers.iter().any(took_over));
}

/// A job in which all that go to Redis go through a proxy.
struct Behind {
    // Dropped in this order.
    master: Process,
    workers: Vec<Process>,
    proxy: Proxy,
    cluster: Cluster,
}

impl Behind {
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

    fn says(&self, text: &str) -> bool {
        let logs = self.workers.iter().chain([&self.master]);
        logs.map(Process::log).any(|log| log.contains(text))
    }

    fn assert_ends_well(mut self) {
        assert_ends_well(&self.cluster, &mut self.master, &mut self.workers);
    }
}

/// Row 21: everybody is cut off from Redis for longer than a lease.
#[test]
fn a_job_resumes_after_a_partition() {
    let all = Behind::start(long_books());
    all.proxy.set(Mode::Refuse);
    eventually(DEADLINE, "all leases have ended", || {
        let leases = all.cluster.leases();
        // Nobody can give one back, so that it never holds if there was none.
        !leases.is_empty() && leases.iter().all(|idle| *idle > Duration::from_secs(2))
    });
    assert_eq!(all.cluster.state(), "MAP");
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

#[test]
fn a_worker_that_is_cut_off_loses_its_tasks_to_others_and_comes_back() {
    let cluster = long_books().start();
    let mut master = cluster.master();
    let proxy = proxy(&cluster);
    let mut workers = vec![cluster.worker_with(&[("redis.url", &proxy.url())])];
    cluster.await_done(4);
    eventually(DEADLINE, "it holds a task", || {
        cluster.held_by(&workers[0]) > 0
    });
    proxy.set(Mode::Refuse);
    workers.extend(cluster.workers(1));
    workers[1].await_log("reclaimed a task with an expired lease");
    proxy.set(Mode::Pass);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// A round trip of four seconds, four times a lease.
#[test]
fn a_job_goes_on_while_every_answer_takes_seconds() {
    // Few tasks, so that no long queue of answers is left when there is no delay any more.
    let all = Behind::start(books().set("worker.slow", "300ms"));
    all.proxy.set(Mode::Delay(Duration::from_secs(2)));
    await_more(&all.cluster, 8);
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

/// Row 22: neither side learns of the end of a connection.
#[test]
fn connections_that_are_half_open_are_given_up_and_made_anew() {
    let all = Behind::start(long_books());
    all.proxy.set(Mode::HalfOpen);
    eventually(DEADLINE, "silence is noticed", || all.says(SILENT));
    // Those that were silent stay so: the job must make others.
    all.proxy.set(Mode::Pass);
    all.assert_ends_well();
}

#[test]
fn a_redis_that_is_stopped_for_longer_than_an_answer_may_take_is_asked_again() {
    let all = Behind::start(long_books());
    let pid = i32::try_from(all.cluster.redis().pid()).unwrap();
    let signal = |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
    signal(nix::sys::signal::Signal::SIGSTOP);
    eventually(DEADLINE, "silence is noticed", || all.says(SILENT));
    signal(nix::sys::signal::Signal::SIGCONT);
    all.assert_ends_well();
}
