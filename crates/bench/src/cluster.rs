//! A job on real processes: `redis-server`, a master and a worker.
//!
//! Redis runs and is empty. Worker and master start at the same moment. The measured time is that of the master, which
//! ends after the result was renamed and synced.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};
use testkit::RedisServer;

use crate::figures::{Cluster, Run};
use crate::measure::{Measuring, Usage};
use crate::word_count_job::{OwnArgs, WordCountJob};
use devtools::workspace::release_binary;

/// Interval between checks of the processes. It is short enough to end soon and long enough to cost them no time. It
/// does not limit the precision, because the processes measure themselves.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the job on its own Redis server, which writes nothing to disk.
pub(crate) fn run(own: &OwnArgs, output: &str, job: &WordCountJob<'_>) -> anyhow::Result<Run> {
    let redis = RedisServer::start();
    let url = redis.url();
    let before = cpu_of(&redis)?;
    redis.cli(&["CONFIG", "RESETSTAT"]);
    let mut shared: Vec<&str> = own.iter().collect();
    shared.extend(["--redis-url", &url, "--set", "checkpoint.interval=0"]);
    let start = |name: &str, args: &[&str]| {
        let log = job.folder.join(format!("{name}.log"));
        Measuring::start(&release_binary(name), args, &log)
    };
    let mut worker = start("worker", &shared)?;
    let mut master = start("master", &[&shared[..], &["--output", output]].concat())?;
    // A failed worker must be noticed here, because a master waits for minutes for a new one.
    while !master.ended()? {
        worker.ended()?;
        sleep(POLL_INTERVAL);
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
            redis_time: time_in_commands(&redis.cli(&["INFO", "commandstats"]))?,
            redis_cpu,
        }),
    })
}

/// Commands of the benchmark itself.
const BENCH_COMMANDS: [&str; 3] = ["info", "config|resetstat", "ping"];

/// Returns the time spent in commands from the output of `INFO commandstats`.
///
/// The server counts a command that a function calls twice, so this is an upper bound.
pub(crate) fn time_in_commands(stats: &str) -> anyhow::Result<Duration> {
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
            .with_context(|| format!("INFO commandstats: no field `usec` in {line:?}"))?;
        sum += if BENCH_COMMANDS.contains(&command) {
            0
        } else {
            spent
        };
    }
    if sum == 0 {
        bail!("INFO commandstats: no command of the job in {stats:?}");
    }
    Ok(Duration::from_micros(sum))
}

/// Returns the CPU time of the server so far.
fn cpu_of(redis: &RedisServer) -> anyhow::Result<Duration> {
    let info = redis.cli(&["INFO", "cpu"]);
    let value = |name: &str| -> Option<f64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().parse().ok()
    };
    let sum = value("used_cpu_sys").zip(value("used_cpu_user"));
    let (system, user) = sum.with_context(|| format!("INFO cpu: no CPU time in {info:?}"))?;
    Ok(Duration::from_secs_f64(system + user))
}

/// Returns the peak resident set of a running process in bytes, or `None` on systems without `/proc`.
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
    fn the_time_in_commands_excludes_the_commands_of_the_benchmark() {
        let stats = "# Commandstats\r\n\
            cmdstat_set:calls=3,usec=15,usec_per_call=5.00,rejected_calls=0,failed_calls=0\r\n\
            cmdstat_info:calls=3,usec=99,usec_per_call=33.00,rejected_calls=0,failed_calls=0\r\n\
            cmdstat_function|load:calls=1,usec=7,usec_per_call=7.00,rejected_calls=0,failed_calls=0";
        assert_eq!(time_in_commands(stats).unwrap(), Duration::from_micros(22));
        assert!(time_in_commands("# Commandstats").is_err());
    }

    #[test]
    fn the_server_reports_its_cpu_time_and_memory() {
        let redis = RedisServer::start();
        assert!(cpu_of(&redis).unwrap() > Duration::ZERO);
        if cfg!(target_os = "linux") {
            assert!(peak_of(redis.pid()).unwrap() > 1 << 20);
        }
    }
}
