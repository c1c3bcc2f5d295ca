//! The processes of a job, and the injection of faults into them.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testkit::proxy::Mode;

use crate::disk::Disk;
use crate::excuse::{Cause, panic_in};
use crate::fault::{Fault, Member, NetworkFault};
use crate::process::Process;
use crate::redis::Redis;
use crate::tally::Tally;

/// The processes of one job.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) master: Process,
    pub(crate) workers: Vec<Process>,
    // Fields drop in this order. Redis comes after the programs, which would log errors if it went first.
    pub(crate) redis: Redis,
    pub(crate) disk: Option<Disk>,
    /// Faults that have not ended yet.
    active: Vec<ActiveFault>,
    /// Shortages that are over, and when they ended.
    shortages: Vec<(Cause, Instant)>,
    /// Numbers of faults so far.
    tally: Tally,
}

/// A fault that ends at a known time.
#[derive(Debug)]
struct ActiveFault {
    end: Instant,
    fault: Fault,
    /// Bytes that the proxy had dropped before the fault, if the fault takes effect only by dropping bytes.
    dropped_before: Option<u64>,
}

impl Cluster {
    pub(crate) fn new(
        master: Process,
        workers: Vec<Process>,
        redis: Redis,
        disk: Option<Disk>,
    ) -> Self {
        Self {
            master,
            workers,
            redis,
            disk,
            active: Vec::new(),
            shortages: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Injects a fault and counts whether it took effect. Returns false for a SIGKILL if no process runs.
    pub(crate) fn inject(&mut self, fault: &Fault, now: Instant) -> anyhow::Result<bool> {
        let mut dropped_before = None;
        let (hit, length) = match fault {
            Fault::Kill { target, down } => return Ok(self.kill(*target, now, *down)),
            Fault::KillRedis { restart, down } => {
                let down = *down;
                let Some(restart) = self.redis.kill(now + down, *restart) else {
                    return Ok(self.kill(Member::Worker(0), now, down));
                };
                self.tally.record(&Fault::KillRedis { restart, down }, true);
                return Ok(true);
            }
            Fault::Stop { target, length } => (self.signal(*target, Signal::SIGSTOP), length),
            Fault::Network {
                target,
                network,
                length,
            } => {
                let Some(process) = self.process(*target) else {
                    return Ok(true);
                };
                process.last_fault = now;
                let mut hit = process.is_running();
                dropped_before = fault.drops_bytes().then(|| process.proxy.dropped_bytes());
                match network {
                    NetworkFault::Cut => {
                        hit &= process.proxy.connections() > 0;
                        process.proxy.cut();
                    }
                    NetworkFault::Mode { mode, .. } => process.proxy.set(mode.clone()),
                }
                (hit, length)
            }
            Fault::FullDisk { length } => {
                let Some(disk) = &self.disk else {
                    self.tally.record(fault, false);
                    return Ok(true);
                };
                disk.fill()?;
                (true, length)
            }
            Fault::RedisMemory { headroom, length } => {
                (self.redis.limit_memory(Some(*headroom)), length)
            }
            Fault::WorkerMemory {
                worker,
                headroom,
                length,
            } => (self.workers[*worker].limit_memory(Some(*headroom)), length),
        };
        if dropped_before.is_none() {
            self.tally.record(fault, hit);
        }
        // The fault is ended even if it seems to have missed, because a stopped server executes the command later.
        self.active.push(ActiveFault {
            end: now + *length,
            fault: fault.clone(),
            dropped_before,
        });
        Ok(true)
    }

    /// Ends the faults whose time is over.
    pub(crate) fn end_due_faults(&mut self, now: Instant) {
        for active in std::mem::take(&mut self.active) {
            if now < active.end {
                self.active.push(active);
                continue;
            }
            self.count_dropped(&active);
            if self.end(&active.fault, now) {
                let shortage = active.fault.shortage();
                self.shortages.extend(shortage.map(|cause| (cause, now)));
            } else {
                self.active.push(active);
            }
        }
    }

    /// Returns the numbers of all faults and resets them.
    pub(crate) fn take_tally(&mut self) -> Tally {
        for active in std::mem::take(&mut self.active) {
            self.count_dropped(&active);
        }
        std::mem::take(&mut self.tally)
    }

    /// Returns the faults that may excuse the exit of a process.
    pub(crate) fn causes(&self, process: &Process) -> Vec<Cause> {
        let active = self.active.iter().filter_map(|it| it.fault.shortage());
        let over = self.shortages.iter();
        let over = over.filter_map(|(cause, end)| (*end >= process.started).then_some(*cause));
        let own = process.starved.then_some(Cause::OwnMemory);
        active.chain(over).chain(own).collect()
    }

    /// Returns the first panic in the log of any process.
    pub(crate) fn panic(&self) -> Option<String> {
        let workers = self.workers.iter().enumerate();
        let workers = workers.map(|(index, worker)| (Member::Worker(index), worker));
        [(Member::Master, &self.master)]
            .into_iter()
            .chain(workers)
            .find_map(|(member, process)| {
                Some(format!("{member}: {}", panic_in(&process.log_text())?))
            })
    }

    fn count_dropped(&mut self, active: &ActiveFault) {
        let Fault::Network { target, .. } = &active.fault else {
            return;
        };
        if let (Some(before), Some(process)) = (active.dropped_before, self.process(*target)) {
            let hit = process.proxy.dropped_bytes() > before;
            self.tally.record(&active.fault, hit);
        }
    }

    /// Ends a fault. Returns false if the end must be tried again.
    fn end(&mut self, fault: &Fault, now: Instant) -> bool {
        match fault {
            Fault::Kill { .. } | Fault::KillRedis { .. } => {}
            Fault::Stop { target, .. } => {
                self.signal(*target, Signal::SIGCONT);
            }
            Fault::Network {
                target, network, ..
            } => {
                if let Some(process) = self.process(*target) {
                    process.last_fault = now;
                    process.proxy.set(Mode::Pass);
                    if let NetworkFault::Mode {
                        cut_at_end: true, ..
                    } = network
                    {
                        process.proxy.cut();
                    }
                }
            }
            Fault::FullDisk { .. } => {
                if let Some(disk) = &self.disk {
                    disk.empty();
                }
            }
            // A server that is down comes back without a memory limit.
            Fault::RedisMemory { .. } => {
                return self.redis.is_down() || self.redis.limit_memory(None);
            }
            Fault::WorkerMemory { worker, .. } => {
                self.workers[*worker].limit_memory(None);
            }
        }
        true
    }

    /// Kills `target`, or the next running process if `target` is down. Returns false if no process runs.
    fn kill(&mut self, target: Member, now: Instant, down: Duration) -> bool {
        let others = (0..self.workers.len()).map(Member::Worker);
        let mut all = [target].into_iter().chain(others).chain([Member::Master]);
        let hit = all.find(|target| {
            let process = self.process(*target);
            process.is_some_and(|process| process.kill(now + down))
        });
        if let Some(target) = hit {
            self.tally.record(&Fault::Kill { target, down }, true);
        }
        hit.is_some()
    }

    fn signal(&mut self, target: Member, signal: Signal) -> bool {
        match self.process(target) {
            Some(process) => process.signal(signal),
            None => self.redis.signal(signal),
        }
    }

    fn process(&mut self, target: Member) -> Option<&mut Process> {
        match target {
            Member::Worker(index) => self.workers.get_mut(index),
            Member::Master => Some(&mut self.master),
            Member::Redis => None,
        }
    }
}
