//! Generated names of processes and jobs.

use std::time::SystemTime;

use mapreduce_core::{JobId, WorkerName};

/// Characters of a host or job name that a generated name contains at most; the rest of the name then fits into the
/// 100 characters of a [`JobId`].
const MAX_PART_LEN: usize = 60;

/// Generates a name for a worker, such as `host-4711-9d2c41f0`: host, process id, random number.
///
/// Every call returns another name. In a container every start has the same host and process id. Only the random number
/// distinguishes the leases of a process that died from those of its successor.
pub fn worker_name() -> WorkerName {
    let random = random_bits() as u32;
    WorkerName::new(format!("{}-{}-{random:08x}", host(), std::process::id()))
}

/// Generates the nonce by which a master recognizes its own plan: 128 random bits in hexadecimal.
pub fn owner_nonce() -> String {
    format!("{:016x}{:016x}", random_bits(), random_bits())
}

/// Generates an id for a job `name` that starts at `now`, such as `word-count-20261121-183605-3f9a`.
///
/// The time is UTC. Ids with the same name sort by their start.
pub fn job_id(name: &str, now: SystemTime) -> JobId {
    let stamp = humantime::format_rfc3339_seconds(now).to_string();
    let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    let random = random_bits() as u16;
    JobId::new(format!("{}-{date}-{time}-{random:04x}", plain(name)))
        .expect("a generated id consists of allowed characters and is short enough")
}

/// Returns the name of the machine, or `host` if it is unknown.
fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("HOSTNAME").ok());
    plain(
        name.as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .unwrap_or("host"),
    )
}

/// Replaces the characters of `text` that a job id cannot contain, and truncates it.
fn plain(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars()
        .map(|c| if keep(c) { c } else { '-' })
        .take(MAX_PART_LEN)
        .collect()
}

/// Returns 64 random bits from the operating system.
///
/// Names must differ between machines that start at the same time. A generator seeded from the clock could repeat them.
///
/// # Panics
/// If the operating system has no source of random numbers.
fn random_bits() -> u64 {
    getrandom::u64().expect("the operating system has random numbers")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn every_start_of_a_worker_has_another_name() {
        let (one, two) = (worker_name(), worker_name());
        assert_ne!(one, two);
        assert!(
            one.as_str().contains(&format!("-{}-", std::process::id())),
            "{one}"
        );
    }

    #[test]
    fn a_nonce_has_128_bits_and_differs_between_calls() {
        assert_eq!(owner_nonce().len(), 32);
        assert_ne!(owner_nonce(), owner_nonce());
    }

    #[test]
    fn a_job_id_contains_name_and_start_of_the_job() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_286_165);
        let id = job_id("word-count", now);
        let random = id
            .as_str()
            .strip_prefix("word-count-20261121-183605-")
            .expect("name and time");
        assert_eq!(random.len(), 4);
        assert!(u16::from_str_radix(random, 16).is_ok(), "{random}");
    }

    #[test]
    fn a_job_id_is_valid_for_any_name() {
        for name in ["", "über alles / {x}", &"n".repeat(200)] {
            let id = job_id(name, SystemTime::now());
            assert!(id.as_str().len() <= 100, "{id}");
        }
    }
}
