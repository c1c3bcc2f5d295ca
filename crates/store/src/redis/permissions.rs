//! Checks on every connect that the user in `redis.url` has all permissions that a job needs.
//!
//! Functions run with the permissions of their caller, command by command. A missing permission would otherwise appear
//! in the middle of a function, long after the start, when some of its writes are done.

use std::sync::atomic::Ordering;

use ::redis::cmd;

use super::errors::fatal;
use super::reply::Reply;
use super::store::RedisStore;
use crate::error::StoreResult;

/// Every command that the store sends or that the function library runs, on a key with the prefix of the store's keys.
/// `deploy/users.conf` allows the same commands.
const NEEDED: &[&str] = &[
    "del mr:{permissions}:a",
    "exists mr:{permissions}:a",
    "fcall mr1_status 1 mr:{permissions}:a",
    "function load replace text",
    "getrange mr:{permissions}:a 0 1",
    "hdel mr:{permissions}:a field",
    "hexists mr:{permissions}:a field",
    "hget mr:{permissions}:a field",
    "hgetall mr:{permissions}:a",
    "hkeys mr:{permissions}:a",
    "hlen mr:{permissions}:a",
    "hmget mr:{permissions}:a field",
    "hset mr:{permissions}:a field value",
    "hvals mr:{permissions}:a",
    "info server",
    "pexpire mr:{permissions}:a 1",
    "pexpireat mr:{permissions}:a 1",
    // The pool sends this on every connection before it uses it again, and `unwatch` as well.
    "ping",
    "pttl mr:{permissions}:a",
    "set mr:{permissions}:a value",
    "time",
    "type mr:{permissions}:a",
    "unlink mr:{permissions}:a",
    "unwatch",
    "xack mr:{permissions}:a group 1-1",
    "xadd mr:{permissions}:a * field value",
    "xautoclaim mr:{permissions}:a group worker 0 0-0",
    "xclaim mr:{permissions}:a group worker 0 1-1",
    "xgroup create mr:{permissions}:a group 0",
    "xgroup setid mr:{permissions}:a group 0",
    "xinfo groups mr:{permissions}:a",
    "xinfo stream mr:{permissions}:a",
    "xpending mr:{permissions}:a group",
    "xrange mr:{permissions}:a - +",
    "xread streams mr:{permissions}:a 0",
    "xreadgroup group group worker streams mr:{permissions}:a >",
    "xrevrange mr:{permissions}:a + -",
    "zadd mr:{permissions}:a 1 member",
    "zincrby mr:{permissions}:a 1 member",
    "zrange mr:{permissions}:a 0 1",
    "zrem mr:{permissions}:a member",
];

/// Optional command: a managed Redis may refuse snapshots.
const OPTIONAL: &str = "bgsave";

impl RedisStore {
    /// Refuses a user without all needed permissions. The error lists all missing ones.
    pub(super) async fn check_permissions(&self) -> StoreResult<()> {
        let mut call = cmd("FCALL");
        call.arg("mr1_permitted").arg(0).arg(NEEDED).arg(OPTIONAL);
        let reply: Reply = self.redis.run(&call).await?;
        let mut refused: Vec<String> = reply.all()?;
        let all = refused.len();
        refused.retain(|line| line != OPTIONAL);
        if refused.len() < all && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the user in redis.url may not run {OPTIONAL}; jobs run without checkpoints"
            );
        }
        if refused.is_empty() {
            return Ok(());
        }
        let missing: Vec<String> = refused.iter().map(|line| name(line)).collect();
        Err(fatal(format!(
            "Redis at {}: the user in redis.url lacks the permission to run {} on keys mr:*; \
             deploy/users.conf lists all needed permissions",
            self.redis.address,
            missing.join(", ")
        )))
    }
}

/// Returns the command in the notation of ACL rules, without its arguments: `xgroup|create`.
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

    /// Redis requires a user to be defined in one line.
    #[test]
    fn the_recommended_user_may_run_the_needed_commands_and_no_others() {
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
        needed.insert(0, OPTIONAL.to_owned());
        assert_eq!(allowed, needed);
    }
}
