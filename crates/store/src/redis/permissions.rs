//! Whether the user in `redis.url` may do all that a job does, asked once for each connection.
//!
//! Functions run with the rights of who calls them, command by command. A right that lacks would show in the
//! middle of one, long after the start, when a part is written already: so it is looked for before any work.

use std::sync::atomic::Ordering;

use ::redis::cmd;

use super::errors::fatal;
use super::reply::Reply;
use super::store::RedisStore;
use crate::StoreResult;

/// Every command that we send ourselves, or that the function library runs, on a key as ours are named.
/// `deploy/users.conf` allows the same.
const NEEDED: &[&str] = &[
    "del mr:{rights}:a",
    "exists mr:{rights}:a",
    "fcall mr1_status 1 mr:{rights}:a",
    "function load replace text",
    "getrange mr:{rights}:a 0 1",
    "hdel mr:{rights}:a field",
    "hexists mr:{rights}:a field",
    "hget mr:{rights}:a field",
    "hgetall mr:{rights}:a",
    "hkeys mr:{rights}:a",
    "hlen mr:{rights}:a",
    "hmget mr:{rights}:a field",
    "hset mr:{rights}:a field value",
    "hvals mr:{rights}:a",
    "info server",
    "pexpire mr:{rights}:a 1",
    "pexpireat mr:{rights}:a 1",
    // Asked of every connection before it is used again, as is `unwatch`.
    "ping",
    "pttl mr:{rights}:a",
    "set mr:{rights}:a value",
    "time",
    "type mr:{rights}:a",
    "unlink mr:{rights}:a",
    "unwatch",
    "xack mr:{rights}:a group 1-1",
    "xadd mr:{rights}:a * field value",
    "xautoclaim mr:{rights}:a group worker 0 0-0",
    "xclaim mr:{rights}:a group worker 0 1-1",
    "xgroup create mr:{rights}:a group 0",
    "xgroup setid mr:{rights}:a group 0",
    "xinfo groups mr:{rights}:a",
    "xinfo stream mr:{rights}:a",
    "xpending mr:{rights}:a group",
    "xrange mr:{rights}:a - +",
    "xread streams mr:{rights}:a 0",
    "xreadgroup group group worker streams mr:{rights}:a >",
    "xrevrange mr:{rights}:a + -",
    "zadd mr:{rights}:a 1 member",
    "zincrby mr:{rights}:a 1 member",
    "zrange mr:{rights}:a 0 1",
    "zrem mr:{rights}:a member",
];

/// What a job can do without: a managed Redis may keep its snapshots to itself.
const WISHED: &str = "bgsave";

impl RedisStore {
    /// Refuses a user who lacks a right, naming all that lack.
    pub(super) async fn check_rights(&self) -> StoreResult<()> {
        let mut ask = cmd("FCALL");
        ask.arg("mr1_permitted").arg(0).arg(NEEDED).arg(WISHED);
        let reply: Reply = self.redis.run(&ask).await?;
        let mut refused: Vec<String> = reply.all()?;
        let wished = refused.len();
        refused.retain(|line| line != WISHED);
        if refused.len() < wished && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the user in redis.url may not run {WISHED}: this Redis takes no checkpoints on request"
            );
        }
        if refused.is_empty() {
            return Ok(());
        }
        let lacks: Vec<String> = refused.iter().map(|line| name(line)).collect();
        Err(fatal(format!(
            "Redis at {}: the user in redis.url lacks a permission, it may not run {} on keys mr:*; \
             deploy/users.conf has all that it needs",
            self.redis.address,
            lacks.join(", ")
        )))
    }
}

/// The command as rules for users spell it, without its arguments: `xgroup|create`.
fn name(line: &str) -> String {
    let mut words = line.split(' ');
    let (command, next) = (words.next().unwrap_or_default(), words.next());
    match (command, next) {
        ("function" | "xgroup" | "xinfo", Some(next)) => format!("{command}|{next}"),
        _ => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user is in one line, as Redis wants it.
    #[test]
    fn the_user_that_comes_along_may_run_what_is_needed_and_nothing_else() {
        let text = include_str!("../../../../deploy/users.conf");
        let line = text
            .lines()
            .find(|line| line.starts_with("user mapreduce "));
        let line = line.expect("deploy/users.conf has a line `user mapreduce …`");
        let allowed: Vec<_> = line
            .split(' ')
            .filter_map(|rule| rule.strip_prefix('+'))
            .collect();
        let mut needed: Vec<_> = NEEDED.iter().map(|line| name(line)).collect();
        needed.insert(0, WISHED.to_owned());
        assert_eq!(allowed, needed);
    }
}
