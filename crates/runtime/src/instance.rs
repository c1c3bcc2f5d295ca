//! Names made anew at every start.

use std::time::SystemTime;

use mapreduce::{JobId, WorkerName};

use crate::random::entropy;

/// Longest part of a host or job name that goes into a name of ours, in characters; it leaves room
/// for the rest within the 100 characters of a [`JobId`].
const LONGEST_PART: usize = 60;

/// The name of this start of a worker, such as `host-4711-9d2c41f0`: host, process id, chance.
///
/// Every call gives another one. In a container every start has the same host and process id; only
/// chance keeps the leases of a dead start from looking like those of the next.
pub fn worker_name() -> WorkerName {
    let chance = entropy() as u32;
    WorkerName::new(format!("{}-{}-{chance:08x}", host(), std::process::id()))
}

/// 128 random bits as text: which master planned a job.
pub fn owner_nonce() -> String {
    format!("{:016x}{:016x}", entropy(), entropy())
}

/// An id for a job called `name` that is started at `now`, such as `word-count-20261121-183605-3f9a`.
///
/// The time is UTC. Ids of one name sort by their start.
pub fn job_id(name: &str, now: SystemTime) -> JobId {
    let stamp = humantime::format_rfc3339_seconds(now).to_string();
    let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    let chance = entropy() as u16;
    JobId::new(format!("{}-{date}-{time}-{chance:04x}", plain(name)))
        .expect("made of allowed characters and short enough")
}

/// The machine's name, or `host` where it cannot be found out.
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

/// `text` in the characters of a job id.
fn plain(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars()
        .map(|c| if keep(c) { c } else { '-' })
        .take(LONGEST_PART)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_worker_is_named_anew_at_every_start() {
        let (one, two) = (worker_name(), worker_name());
        assert_ne!(one, two);
        assert!(
            one.as_str().contains(&format!("-{}-", std::process::id())),
            "{one}"
        );
    }

    #[test]
    fn a_nonce_is_128_bits_and_never_the_same() {
        assert_eq!(owner_nonce().len(), 32);
        assert_ne!(owner_nonce(), owner_nonce());
    }

    #[test]
    fn a_job_id_tells_name_and_start() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_286_165);
        let id = job_id("word-count", now);
        let chance = id
            .as_str()
            .strip_prefix("word-count-20261121-183605-")
            .expect("name and time");
        assert_eq!(chance.len(), 4);
        assert!(u16::from_str_radix(chance, 16).is_ok(), "{chance}");
    }

    #[test]
    fn a_job_id_is_valid_whatever_the_name() {
        for name in ["", "über alles / {x}", &"n".repeat(200)] {
            let id = job_id(name, SystemTime::now());
            assert!(id.as_str().len() <= 100, "{id}");
        }
    }
}
