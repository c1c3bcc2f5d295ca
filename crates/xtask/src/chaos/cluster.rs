//! Everyone who takes part in a job, and the faults that befall them.

use std::time::Instant;

use nix::sys::signal::Signal;
use testkit::proxy::Mode;

use super::disk::Disk;
use super::fault::{Fault, Network, Who};
use super::process::Process;
use super::redis::Redis;

/// The processes of one job.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) master: Process,
    pub(super) workers: Vec<Process>,
    // Behind the others, so that it is dropped after them: they would log complaints about its absence.
    pub(super) redis: Redis,
    pub(super) disk: Option<Disk>,
    /// Faults that end, and when.
    pub(super) reliefs: Vec<(Instant, Fault)>,
}

impl Cluster {
    /// Has a fault take effect, if it can now.
    pub(super) fn strike(&mut self, fault: &Fault, now: Instant) -> anyhow::Result<bool> {
        let (hit, length) = match fault {
            Fault::Kill { who, down } => return Ok(self.kill(*who, now + *down)),
            Fault::KillRedis { back, down } => {
                return Ok(
                    self.redis.kill(now + *down, *back) || self.kill(Who::Worker(0), now + *down)
                );
            }
            Fault::Stop { who, length } => (self.signal(*who, Signal::SIGSTOP), length),
            Fault::Network {
                who,
                network,
                length,
            } => {
                let Some(process) = self.process(*who) else {
                    return Ok(false);
                };
                process.since = now;
                match network {
                    Network::Cut => process.proxy.cut(),
                    Network::Is { mode, .. } => process.proxy.set(mode.clone()),
                }
                (process.is_running(), length)
            }
            Fault::FullDisk { length } => match &self.disk {
                Some(disk) => {
                    disk.fill()?;
                    (true, length)
                }
                None => (false, length),
            },
            Fault::RedisMemory { spare, length } => (self.redis.bound_memory(Some(*spare)), length),
            Fault::WorkerMemory {
                worker,
                spare,
                length,
            } => (self.workers[*worker].bound_memory(Some(*spare)), length),
        };
        self.reliefs.push((now + *length, fault.clone()));
        Ok(hit)
    }

    /// Ends the faults whose time is over.
    pub(super) fn relieve(&mut self, now: Instant) {
        for (end, fault) in std::mem::take(&mut self.reliefs) {
            if now < end || !self.end(&fault, now) {
                self.reliefs.push((end, fault));
            }
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
    fn kill(&mut self, who: Who, away_until: Instant) -> bool {
        if self
            .process(who)
            .is_some_and(|process| process.kill(away_until))
        {
            return true;
        }
        let others = self.workers.iter_mut().chain([&mut self.master]);
        let mut others = others.map(|process| process.kill(away_until));
        others.any(|killed| killed)
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
