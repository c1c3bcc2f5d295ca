//! One job on real processes: `redis-server`, a master, a worker.
//!
//! Redis runs and is empty; worker and master are started at the same moment. The time that counts goes from
//! the start of the master to its end, which comes after the result was renamed and synced.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};
use testkit::RedisServer;

use super::figures::{Cluster, Run};
use super::system::{Job, Ours};
use crate::measure::{Measuring, Usage};
use crate::workspace::release_binary;

/// Pause between looks at the processes, which measure themselves: often enough to end soon, too seldom
/// to take time from them.
const LOOK: Duration = Duration::from_millis(20);

/// Runs the job on a Redis of its own, which writes nothing to disk.
pub(super) fn run(ours: &Ours, output: &str, job: &Job<'_>) -> anyhow::Result<Run> {
    let redis = RedisServer::start();
    let url = redis.url();
    let before = cpu_of(&redis)?;
    redis.cli(&["CONFIG", "RESETSTAT"]);
    let mut shared: Vec<&str> = ours.args().collect();
    shared.extend(["--redis-url", &url, "--set", "checkpoint.interval=0"]);
    let start = |name: &str, args: &[&str]| {
        let log = job.folder.join(format!("{name}.log"));
        Measuring::start(&release_binary(name), args, &log)
    };
    let mut worker = start("worker", &shared)?;
    let mut master = start("master", &[&shared[..], &["--output", output]].concat())?;
    // A master waits for minutes before it gives up a job without workers.
    while !master.ended()? {
        worker.ended()?;
        sleep(LOOK);
    }
    let (master, worker) = (master.end()?, worker.end()?);
    let redis_cpu = cpu_of(&redis)?.saturating_sub(before);
    Ok(Run {
        usage: Usage {
            wall: master.wall,
            cpu: master.cpu + worker.cpu + redis_cpu,
            peak: worker.peak,
        },
        cluster: Some(Cluster {
            master_peak: master.peak,
            redis_peak: peak_of(redis.pid()),
            redis_time: in_commands(&redis.cli(&["INFO", "commandstats"]))?,
            redis_cpu,
        }),
    })
}

/// Commands that are ours, not the job's.
const OURS: [&str; 3] = ["info", "config|resetstat", "ping"];

/// The time spent in commands, from `INFO commandstats`. What a function calls is counted twice, once
/// for itself and once in the function, so this is an upper bound.
pub(super) fn in_commands(stats: &str) -> anyhow::Result<Duration> {
    let mut sum = 0;
    for line in stats.lines() {
        let Some((command, fields)) = line
            .strip_prefix("cmdstat_")
            .and_then(|line| line.split_once(':'))
        else {
            continue;
        };
        let mut fields = fields.split(',');
        let spent = fields.find_map(|field| field.strip_prefix("usec="));
        let spent: u64 = spent
            .and_then(|text| text.parse().ok())
            .with_context(|| format!("no time in {line:?} of INFO commandstats"))?;
        sum += if OURS.contains(&command) { 0 } else { spent };
    }
    if sum == 0 {
        bail!("no job in INFO commandstats: {stats:?}");
    }
    Ok(Duration::from_micros(sum))
}

/// CPU time of the server so far.
fn cpu_of(redis: &RedisServer) -> anyhow::Result<Duration> {
    let info = redis.cli(&["INFO", "cpu"]);
    let value = |name: &str| -> Option<f64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().parse().ok()
    };
    let sum = value("used_cpu_sys").zip(value("used_cpu_user"));
    let (system, user) = sum.with_context(|| format!("no CPU time in {info:?}"))?;
    Ok(Duration::from_secs_f64(system + user))
}

/// Largest resident set of a process that runs, in bytes; `None` where there is no `/proc`.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_commands_is_summed_without_our_questions() {
        let stats = "# Commandstats\r\n\
            cmdstat_set:calls=3,usec=15,usec_per_call=5.00,rejected_calls=0,failed_calls=0\r\n\
            cmdstat_info:calls=3,usec=99,usec_per_call=33.00,rejected_calls=0,failed_calls=0\r\n\
            cmdstat_function|load:calls=1,usec=7,usec_per_call=7.00,rejected_calls=0,failed_calls=0";
        assert_eq!(in_commands(stats).unwrap(), Duration::from_micros(22));
        assert!(in_commands("# Commandstats").is_err());
    }

    #[test]
    fn a_server_tells_its_time_and_its_memory() {
        let redis = RedisServer::start();
        assert!(cpu_of(&redis).unwrap() > Duration::ZERO);
        if cfg!(target_os = "linux") {
            assert!(peak_of(redis.pid()).unwrap() > 1 << 20);
        }
    }
}
