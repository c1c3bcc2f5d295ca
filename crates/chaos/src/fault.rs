//! Faults, and how a seed draws them.

use std::fmt;
use std::time::Duration;

use testkit::proxy::Mode;

use crate::excuse::Cause;
use devtools::random::Random;

/// Functions and commands for which the proxy drops all replies.
const COMMANDS: [&str; 5] = [
    "mr1_commit",
    "mr1_plan",
    "mr1_finish",
    "mr1_renew",
    "XREADGROUP",
];

/// Member of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Worker(usize),
    Master,
    Redis,
}

/// Data with which Redis restarts after a SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    /// The last snapshot, or the whole append-only file.
    Newest,
    /// An older snapshot, by its position among all snapshots in per mille. An append-only file is truncated far back
    /// instead.
    Old(u32),
    /// No data.
    Empty,
    /// The append-only file without this many bytes at its end. A server without one restarts with its last snapshot.
    Torn(u32),
}

/// Fault of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NetworkFault {
    /// All connections end once.
    Cut,
    /// The proxy is in this mode for a while. Connections that lost bytes are then cut or stay silent.
    Mode { mode: Mode, cut_at_end: bool },
}

/// A fault. A fault with a length ends after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL to a worker or the master, which restarts after `down`.
    Kill { target: Member, down: Duration },
    /// SIGKILL to Redis, which restarts after `down`.
    KillRedis { restart: Restart, down: Duration },
    /// SIGSTOP, then SIGCONT.
    Stop { target: Member, length: Duration },
    /// Fault of the network between Redis and a worker or the master.
    Network {
        target: Member,
        network: NetworkFault,
        length: Duration,
    },
    /// No space left on the disk of the output, of local files and, with a folder store, of runs.
    FullDisk { length: Duration },
    /// Redis may use only `headroom` bytes more than now.
    RedisMemory { headroom: u64, length: Duration },
    /// A worker may reserve only `headroom` bytes more than now.
    WorkerMemory {
        worker: usize,
        headroom: u64,
        length: Duration,
    },
}

/// Draws a SIGKILL.
pub(crate) fn kill(random: &mut Random, workers: u32) -> Fault {
    let down = millis(random, 0, 150);
    match random.below(10) {
        0..5 => Fault::Kill {
            target: Member::Worker(random.below(workers) as usize),
            down,
        },
        5..7 => Fault::Kill {
            target: Member::Master,
            down,
        },
        _ => Fault::KillRedis {
            restart: restart(random),
            down,
        },
    }
}

fn restart(random: &mut Random) -> Restart {
    match random.below(10) {
        0..3 => Restart::Newest,
        3..6 => Restart::Old(random.below(1000)),
        6..8 => Restart::Empty,
        _ => Restart::Torn(1 + random.below(200)),
    }
}

/// Draws a fault other than a SIGKILL.
pub(crate) fn other(random: &mut Random, workers: u32) -> Fault {
    match random.below(10) {
        0..3 => Fault::Stop {
            target: any_member(random, workers),
            // Shorter or longer than the lease.
            length: if random.below(2) == 0 {
                millis(random, 50, 600)
            } else {
                millis(random, 1_100, 900)
            },
        },
        3..7 => network(random, workers),
        7 => Fault::FullDisk {
            length: millis(random, 200, 1_000),
        },
        8 => Fault::RedisMemory {
            headroom: u64::from(random.below(40_000)),
            length: millis(random, 200, 1_000),
        },
        _ => Fault::WorkerMemory {
            worker: random.below(workers) as usize,
            headroom: u64::from(random.below(8 << 20)),
            length: millis(random, 200, 1_000),
        },
    }
}

fn network(random: &mut Random, workers: u32) -> Fault {
    let target = match random.below(3) {
        0 => Member::Master,
        _ => Member::Worker(random.below(workers) as usize),
    };
    let mode = match random.below(7) {
        0 => None,
        1 => Some(Mode::Refuse),
        2 => Some(Mode::Delay(millis(random, 5, 100))),
        3 => Some(Mode::Delay(millis(random, 100, 1_900))),
        4 => Some(Mode::HalfOpen),
        5 => Some(Mode::LoseReplies),
        _ => {
            let command = random.choose(&COMMANDS);
            Some(Mode::LoseRepliesTo((*command).to_owned()))
        }
    };
    let cut_at_end = random.below(4) > 0;
    let network = mode.map_or(NetworkFault::Cut, |mode| NetworkFault::Mode {
        mode,
        cut_at_end,
    });
    Fault::Network {
        target,
        network,
        length: millis(random, 50, 1_500),
    }
}

fn any_member(random: &mut Random, workers: u32) -> Member {
    match random.below(4) {
        0 => Member::Master,
        1 => Member::Redis,
        _ => Member::Worker(random.below(workers) as usize),
    }
}

/// Draws a duration between `least` and `least + more` milliseconds.
pub(crate) fn millis(random: &mut Random, least: u32, more: u32) -> Duration {
    Duration::from_millis(u64::from(least + random.below(more + 1)))
}

impl Fault {
    /// Name under which the fault is counted.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Kill {
                target: Member::Master,
                ..
            } => "kill master",
            Self::Kill { .. } => "kill worker",
            Self::KillRedis { restart, .. } => match restart {
                Restart::Newest => "kill redis, restart with all data",
                Restart::Old(_) => "kill redis, restart with an old snapshot",
                Restart::Empty => "kill redis, restart empty",
                Restart::Torn(_) => "kill redis, restart with a torn log",
            },
            Self::Stop { target, .. } => match target {
                Member::Worker(_) => "stop worker",
                Member::Master => "stop master",
                Member::Redis => "stop redis",
            },
            Self::Network { network, .. } => match network {
                NetworkFault::Cut => "connections cut",
                NetworkFault::Mode { mode, .. } => match mode {
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

    pub(crate) fn is_kill(&self) -> bool {
        matches!(self, Self::Kill { .. } | Self::KillRedis { .. })
    }

    /// Returns whether the fault takes effect only if the proxy drops bytes.
    pub(crate) fn drops_bytes(&self) -> bool {
        let Self::Network {
            network: NetworkFault::Mode { mode, .. },
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

    /// The shortage that may excuse the exit of any program.
    pub(crate) fn shortage(&self) -> Option<Cause> {
        match self {
            Self::FullDisk { .. } => Some(Cause::FullDisk),
            Self::RedisMemory { .. } => Some(Cause::RedisMemory),
            // A memory limit concerns one worker, whose `Process` records it.
            _ => None,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(index) => write!(f, "worker-{index}"),
            Self::Master => f.write_str("master"),
            Self::Redis => f.write_str("redis"),
        }
    }
}
