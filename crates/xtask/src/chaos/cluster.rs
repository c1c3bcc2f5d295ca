//! Everyone who takes part in a job, and the faults that befall them.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testkit::proxy::Mode;

use super::disk::Disk;
use super::excuse::{Cause, panic_in};
use super::fault::{Fault, Network, Who};
use super::process::Process;
use super::redis::Redis;
use super::report::Tally;

/// The processes of one job.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) master: Process,
    pub(super) workers: Vec<Process>,
    // Behind the others, so that it is dropped after them: they would log complaints about its absence.
    pub(super) redis: Redis,
    pub(super) disk: Option<Disk>,
    /// Faults under way.
    reliefs: Vec<Relief>,
    /// What was short, and when it no longer was.
    shortages: Vec<(Cause, Instant)>,
    /// What was hit.
    tally: Tally,
}

/// A fault that ends.
#[derive(Debug)]
struct Relief {
    end: Instant,
    fault: Fault,
    /// What the network had swallowed before, of a fault that is told by that.
    swallowed: Option<u64>,
}

impl Cluster {
    pub(super) fn new(
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
            reliefs: Vec::new(),
            shortages: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Has a fault take effect, and counts what it hits; false if it is a SIGKILL that nobody runs for.
    pub(super) fn strike(&mut self, fault: &Fault, now: Instant) -> anyhow::Result<bool> {
        let mut swallowed = None;
        let (hit, length) = match fault {
            Fault::Kill { who, down } => return Ok(self.kill(*who, now, *down)),
            Fault::KillRedis { back, down } => {
                let down = *down;
                let Some(back) = self.redis.kill(now + down, *back) else {
                    return Ok(self.kill(Who::Worker(0), now, down));
                };
                self.tally.struck(&Fault::KillRedis { back, down }, true);
                return Ok(true);
            }
            Fault::Stop { who, length } => (self.signal(*who, Signal::SIGSTOP), length),
            Fault::Network {
                who,
                network,
                length,
            } => {
                let Some(process) = self.process(*who) else {
                    return Ok(true);
                };
                process.since = now;
                let mut hit = process.is_running();
                swallowed = fault.swallows().then(|| process.proxy.swallowed());
                match network {
                    Network::Cut => {
                        hit &= process.proxy.connections() > 0;
                        process.proxy.cut();
                    }
                    Network::Is { mode, .. } => process.proxy.set(mode.clone()),
                }
                (hit, length)
            }
            Fault::FullDisk { length } => {
                let Some(disk) = &self.disk else {
                    self.tally.struck(fault, false);
                    return Ok(true);
                };
                disk.fill()?;
                (true, length)
            }
            Fault::RedisMemory { spare, length } => (self.redis.bound_memory(Some(*spare)), length),
            Fault::WorkerMemory {
                worker,
                spare,
                length,
            } => (self.workers[*worker].bound_memory(Some(*spare)), length),
        };
        if swallowed.is_none() {
            self.tally.struck(fault, hit);
        }
        // Even if it seems to have missed: a stopped server does later what it was told.
        self.reliefs.push(Relief {
            end: now + *length,
            fault: fault.clone(),
            swallowed,
        });
        Ok(true)
    }

    /// Ends the faults whose time is over.
    pub(super) fn relieve(&mut self, now: Instant) {
        for relief in std::mem::take(&mut self.reliefs) {
            if now < relief.end {
                self.reliefs.push(relief);
                continue;
            }
            self.count_swallowed(&relief);
            if self.end(&relief.fault, now) {
                let short = relief.fault.shortage();
                self.shortages.extend(short.map(|cause| (cause, now)));
            } else {
                self.reliefs.push(relief);
            }
        }
    }

    /// What was hit in all.
    pub(super) fn take_tally(&mut self) -> Tally {
        for relief in std::mem::take(&mut self.reliefs) {
            self.count_swallowed(&relief);
        }
        std::mem::take(&mut self.tally)
    }

    /// What may excuse the end of a process.
    pub(super) fn causes(&self, process: &Process) -> Vec<Cause> {
        let under_way = self.reliefs.iter().filter_map(|it| it.fault.shortage());
        let over = self.shortages.iter();
        let over = over.filter_map(|(cause, end)| (*end >= process.started).then_some(*cause));
        let own = process.starved.then_some(Cause::OwnMemory);
        under_way.chain(over).chain(own).collect()
    }

    /// Who has panicked, and how.
    pub(super) fn panic(&self) -> Option<String> {
        let workers = self.workers.iter().enumerate();
        let workers = workers.map(|(index, worker)| (Who::Worker(index), worker));
        [(Who::Master, &self.master)]
            .into_iter()
            .chain(workers)
            .find_map(|(who, process)| Some(format!("{who}: {}", panic_in(&process.said())?)))
    }

    fn count_swallowed(&mut self, relief: &Relief) {
        let Fault::Network { who, .. } = &relief.fault else {
            return;
        };
        if let (Some(before), Some(process)) = (relief.swallowed, self.process(*who)) {
            let hit = process.proxy.swallowed() > before;
            self.tally.struck(&relief.fault, hit);
        }
    }

    /// Ends a fault; false if that must be tried again.
    fn end(&mut self, fault: &Fault, now: Instant) -> bool {
        match fault {
            Fault::Kill { .. } | Fault::KillRedis { .. } => {}
            Fault::Stop { who, .. } => {
                self.signal(*who, Signal::SIGCONT);
            }
            Fault::Network { who, network, .. } => {
                if let Some(process) = self.process(*who) {
                    process.since = now;
                    process.proxy.set(Mode::Pass);
                    if let Network::Is {
                        cut_at_end: true, ..
                    } = network
                    {
                        process.proxy.cut();
                    }
                }
            }
            Fault::FullDisk { .. } => {
                if let Some(disk) = &self.disk {
                    disk.relieve();
                }
            }
            // A server that is down comes back without the bound.
            Fault::RedisMemory { .. } => {
                return self.redis.is_down() || self.redis.bound_memory(None);
            }
            Fault::WorkerMemory { worker, .. } => {
                self.workers[*worker].bound_memory(None);
            }
        }
        true
    }

    /// Kills `who`, or if it is down, the next one that runs; false if nobody does.
    fn kill(&mut self, who: Who, now: Instant, down: Duration) -> bool {
        let others = (0..self.workers.len()).map(Who::Worker);
        let mut all = [who].into_iter().chain(others).chain([Who::Master]);
        let hit = all.find(|who| {
            let process = self.process(*who);
            process.is_some_and(|process| process.kill(now + down))
        });
        if let Some(who) = hit {
            self.tally.struck(&Fault::Kill { who, down }, true);
        }
        hit.is_some()
    }

    fn signal(&mut self, who: Who, signal: Signal) -> bool {
        match self.process(who) {
            Some(process) => process.signal(signal),
            None => self.redis.signal(signal),
        }
    }

    fn process(&mut self, who: Who) -> Option<&mut Process> {
        match who {
            Who::Worker(index) => self.workers.get_mut(index),
            Who::Master => Some(&mut self.master),
            Who::Redis => None,
        }
    }
}
