//! What can befall a job, and how it is drawn from a seed.

use std::fmt;
use std::time::Duration;

use testkit::proxy::Mode;

use super::excuse::Cause;
use crate::rng::Rng;

/// The functions and commands whose replies are lost one by one.
const COMMANDS: [&str; 5] = [
    "mr1_commit",
    "mr1_plan",
    "mr1_finish",
    "mr1_renew",
    "XREADGROUP",
];

/// Someone who takes part in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Worker(usize),
    Master,
    Redis,
}

/// How a Redis that was killed comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    /// With its last snapshot, or its whole log of writes.
    Newest,
    /// With one of the snapshots before, the share of them in per mille; a log of writes is torn far back instead.
    Old(u32),
    Empty,
    /// Without the last bytes of its log of writes; with its last snapshot if it keeps none.
    Torn(u32),
}

/// What a network does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Network {
    /// Connections end once.
    Cut,
    /// For a while it is like this; then the connections that lost bytes are cut, or stay silent.
    Is { mode: Mode, cut_at_end: bool },
}

/// A fault. Those with a length are relieved after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL to a worker or the master, which stays away for a while.
    Kill { who: Who, down: Duration },
    /// SIGKILL to Redis.
    KillRedis { back: Back, down: Duration },
    /// SIGSTOP, then SIGCONT.
    Stop { who: Who, length: Duration },
    /// A fault of the network between Redis and a worker or the master.
    Network {
        who: Who,
        network: Network,
        length: Duration,
    },
    /// No space where output, local files and, if they are there, runs are put.
    FullDisk { length: Duration },
    /// Redis may use this many bytes more than it does.
    RedisMemory { spare: u64, length: Duration },
    /// A worker may reserve this many bytes more than it has.
    WorkerMemory {
        worker: usize,
        spare: u64,
        length: Duration,
    },
}

/// A SIGKILL.
pub(super) fn kill(rng: &mut Rng, workers: u32) -> Fault {
    let down = millis(rng, 0, 150);
    match rng.below(10) {
        0..5 => Fault::Kill {
            who: Who::Worker(rng.below(workers) as usize),
            down,
        },
        5..7 => Fault::Kill {
            who: Who::Master,
            down,
        },
        _ => Fault::KillRedis {
            back: back(rng),
            down,
        },
    }
}

fn back(rng: &mut Rng) -> Back {
    match rng.below(10) {
        0..3 => Back::Newest,
        3..6 => Back::Old(rng.below(1000)),
        6..8 => Back::Empty,
        _ => Back::Torn(1 + rng.below(200)),
    }
}

/// Anything but a SIGKILL.
pub(super) fn other(rng: &mut Rng, workers: u32) -> Fault {
    match rng.below(10) {
        0..3 => Fault::Stop {
            who: anyone(rng, workers),
            // Shorter or longer than the lease.
            length: if rng.below(2) == 0 {
                millis(rng, 50, 600)
            } else {
                millis(rng, 1_100, 900)
            },
        },
        3..7 => network(rng, workers),
        7 => Fault::FullDisk {
            length: millis(rng, 200, 1_000),
        },
        8 => Fault::RedisMemory {
            spare: u64::from(rng.below(40_000)),
            length: millis(rng, 200, 1_000),
        },
        _ => Fault::WorkerMemory {
            worker: rng.below(workers) as usize,
            spare: u64::from(rng.below(8 << 20)),
            length: millis(rng, 200, 1_000),
        },
    }
}

fn network(rng: &mut Rng, workers: u32) -> Fault {
    let who = match rng.below(3) {
        0 => Who::Master,
        _ => Who::Worker(rng.below(workers) as usize),
    };
    let mode = match rng.below(7) {
        0 => None,
        1 => Some(Mode::Refuse),
        2 => Some(Mode::Delay(millis(rng, 5, 100))),
        3 => Some(Mode::Delay(millis(rng, 100, 1_900))),
        4 => Some(Mode::HalfOpen),
        5 => Some(Mode::LoseReplies),
        _ => {
            let command = COMMANDS[rng.below(COMMANDS.len() as u32) as usize];
            Some(Mode::LoseRepliesTo(command.to_owned()))
        }
    };
    let cut_at_end = rng.below(4) > 0;
    let network = mode.map_or(Network::Cut, |mode| Network::Is { mode, cut_at_end });
    Fault::Network {
        who,
        network,
        length: millis(rng, 50, 1_500),
    }
}

fn anyone(rng: &mut Rng, workers: u32) -> Who {
    match rng.below(4) {
        0 => Who::Master,
        1 => Who::Redis,
        _ => Who::Worker(rng.below(workers) as usize),
    }
}

/// From `least` on, `more` milliseconds at most.
pub(super) fn millis(rng: &mut Rng, least: u32, more: u32) -> Duration {
    Duration::from_millis(u64::from(least + rng.below(more + 1)))
}

impl Fault {
    /// What it is counted as.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Kill {
                who: Who::Master, ..
            } => "kill master",
            Self::Kill { .. } => "kill worker",
            Self::KillRedis { back, .. } => match back {
                Back::Newest => "kill redis, back with all",
                Back::Old(_) => "kill redis, back with an old snapshot",
                Back::Empty => "kill redis, back empty",
                Back::Torn(_) => "kill redis, back with a torn log",
            },
            Self::Stop { who, .. } => match who {
                Who::Worker(_) => "stop worker",
                Who::Master => "stop master",
                Who::Redis => "stop redis",
            },
            Self::Network { network, .. } => match network {
                Network::Cut => "connections cut",
                Network::Is { mode, .. } => match mode {
                    Mode::Pass => "nothing",
                    Mode::Refuse => "connections refused",
                    Mode::Delay(_) => "delay",
                    Mode::HalfOpen => "half-open",
                    Mode::LoseReplies | Mode::LoseRepliesTo(_) => "replies lost",
                },
            },
            Self::FullDisk { .. } => "full disk",
            Self::RedisMemory { .. } => "redis out of memory",
            Self::WorkerMemory { .. } => "worker out of memory",
        }
    }

    pub(super) fn is_kill(&self) -> bool {
        matches!(self, Self::Kill { .. } | Self::KillRedis { .. })
    }

    /// Whether it hits nothing unless bytes are swallowed while it lasts.
    pub(super) fn swallows(&self) -> bool {
        let Self::Network {
            network: Network::Is { mode, .. },
            ..
        } = self
        else {
            return false;
        };
        matches!(
            mode,
            Mode::HalfOpen | Mode::LoseReplies | Mode::LoseRepliesTo(_)
        )
    }

    /// For what a program may give up while it lasts, with a message.
    pub(super) fn shortage(&self) -> Option<Cause> {
        match self {
            Self::FullDisk { .. } => Some(Cause::FullDisk),
            Self::RedisMemory { .. } => Some(Cause::RedisMemory),
            // It is a matter of one process, which knows it.
            _ => None,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(index) => write!(f, "worker-{index}"),
            Self::Master => f.write_str("master"),
            Self::Redis => f.write_str("redis"),
        }
    }
}
