//! Classifies errors of Redis by what the caller can do. Pure.

use ::redis::{Arg, Cmd, ErrorKind, RedisError};
use deadpool_redis::{PoolError, TimeoutType};

use crate::error::StoreError;

/// Classifies an error. `address` is `host:port`. No message shows a password.
pub(super) fn store_error(address: &str, error: &RedisError) -> StoreError {
    match error.kind() {
        ErrorKind::AuthenticationFailed => fatal(format!(
            "Redis at {address} refused the user or password: correct them in redis.url"
        )),
        ErrorKind::InvalidClientConfig => fatal(format!("redis.url is invalid: {error}")),
        ErrorKind::Io | ErrorKind::Parse => unavailable(io_detail(address, error)),
        ErrorKind::UnexpectedReturnType => fatal(format!(
            "Redis at {address} sent an unexpected reply: {error}"
        )),
        // A reply to several commands contains their errors. The first one is the cause.
        _ => match error.clone().into_server_errors().as_deref() {
            Some([(_, first), ..]) => {
                server_error(address, first.code(), first.details().unwrap_or_default())
            }
            _ => fatal(format!("Redis at {address}: {error}")),
        },
    }
}

/// Adds the key of `command` to an error about a wrong type.
pub(super) fn naming_key(error: StoreError, command: &Cmd) -> StoreError {
    let StoreError::Fatal { detail } = error else {
        return error;
    };
    let key = command.args_iter().find_map(|arg| match arg {
        Arg::Simple(text) => std::str::from_utf8(text)
            .ok()
            .filter(|text| text.starts_with("mr:")),
        _ => None,
    });
    match key {
        Some(key) if detail.contains("WRONGTYPE") => fatal(format!("{detail}; the key is {key}")),
        _ => fatal(detail),
    }
}

/// Classifies an error of the connection pool.
pub(super) fn pool_error(address: &str, error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(address, error),
        PoolError::Timeout(TimeoutType::Wait) => unavailable(format!(
            "timed out waiting for a free connection to Redis at {address}: Redis or the network is overloaded"
        )),
        PoolError::Timeout(_) => unavailable(format!(
            "cannot connect to Redis at {address}: timed out; check the address in redis.url and the network"
        )),
        other => unavailable(format!("cannot connect to Redis at {address}: {other}")),
    }
}

fn io_detail(address: &str, error: &RedisError) -> String {
    if error.is_connection_refusal() {
        format!(
            "Redis at {address} refused the connection: check that it is running and that redis.url is correct"
        )
    } else if error.is_timeout() {
        format!("Redis at {address} did not answer in time; check its load and the network")
    } else {
        format!("the connection to Redis at {address} failed: {error}")
    }
}

/// Classifies an error reply of Redis by the code at its start.
fn server_error(address: &str, code: &str, text: &str) -> StoreError {
    if let Some(advice) = advice_of_refusal(code) {
        return refused(address, code, text, advice);
    }
    let advice = match code {
        "LOADING" => "it is loading its data; wait until it has finished",
        "BUSY" => {
            "it is running a long script; wait, or end the script with FUNCTION KILL or SCRIPT KILL"
        }
        "MISCONF" if text.contains("AOF") => {
            "it cannot write to its append-only file and refuses writes; check its disk and its log"
        }
        "MISCONF" => "its snapshots fail and it refuses writes; check its disk and its log",
        "OOM" => {
            let advice = "it is out of memory; raise maxmemory";
            let detail = not_usable(address, advice, code, text);
            return StoreError::Full { detail };
        }
        "READONLY" => "it is a read-only replica; point redis.url to the primary",
        "TRYAGAIN" | "CLUSTERDOWN" => "its cluster is not ready; point redis.url to a single Redis",
        "MASTERDOWN" | "NOREPLICAS" => {
            "its replication is interrupted; check the primary, the replicas and their logs"
        }
        "NOGROUP" => return lost("the consumer group of the job"),
        "UNBLOCKED" => return lost("the key of a blocking read"),
        _ if text.contains("Function not found") => return lost("the function library"),
        _ if text.contains("max number of clients") => {
            "it accepts no more clients; raise maxclients"
        }
        _ => return fatal(format!("Redis at {address} replied {code} {text}")),
    };
    unavailable(not_usable(address, advice, code, text))
}

/// Returns the advice about a refusal that lasts until an operator changes a setting; `None` for any other code.
fn advice_of_refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "NOAUTH" | "WRONGPASS" => "it needs a valid user and password; set both in redis.url",
        "NOPERM" => {
            "the user in redis.url lacks a permission: grant it with ACL SETUSER; deploy/users.conf lists all needed permissions"
        }
        "WRONGTYPE" => {
            "a key of the job has a wrong type; check that redis.url selects the right database"
        }
        "DENIED" => {
            "it accepts only local clients, because it has no password; set one in Redis and in redis.url"
        }
        "MOVED" | "ASK" | "CROSSSLOT" => "redis.url points to a cluster node; use a single Redis",
        _ => return None,
    })
}

fn not_usable(address: &str, advice: &str, code: &str, text: &str) -> String {
    format!("Redis at {address} is not usable now: {advice} ({code} {text})")
}

fn refused(address: &str, code: &str, text: &str, advice: &str) -> StoreError {
    fatal(format!(
        "Redis at {address} refused a command: {advice} ({code} {text})"
    ))
}

/// Returns a [`StoreError::Fatal`].
pub(super) fn fatal(detail: String) -> StoreError {
    StoreError::Fatal { detail }
}

/// Returns a [`StoreError::Unavailable`].
pub(super) fn unavailable(detail: String) -> StoreError {
    StoreError::Unavailable { detail }
}

/// Returns a [`StoreError::Lost`].
pub(super) fn lost(what: impl Into<String>) -> StoreError {
    StoreError::Lost { what: what.into() }
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::redis::make_extension_error;

    use super::*;

    /// Checks that `code text` becomes an error of `kind` whose message contains `names`.
    fn check(code: &str, text: &str, kind: &str, names: &str) {
        let error = make_extension_error(code.to_owned(), Some(text.to_owned()));
        let found = store_error("h:1", &error);
        let found_kind = format!("{found:?}");
        assert!(found_kind.starts_with(kind), "{code} {text}: {found:?}");
        assert!(found.to_string().contains(names), "{code} {text}: {found}");
    }

    #[test]
    fn an_error_about_a_wrong_type_names_the_key() {
        let error = make_extension_error("WRONGTYPE".to_owned(), None);
        let mut read = ::redis::cmd("XREAD");
        read.arg("STREAMS").arg("mr:{a}:events").arg("0-0");
        let named = naming_key(store_error("h:1", &error), &read).to_string();
        assert!(named.contains("mr:{a}:events"), "{named}");
        let other = naming_key(unavailable("no reply".to_owned()), &read).to_string();
        assert_eq!(other, "no reply");
    }

    #[test]
    fn temporary_errors_are_unavailable_and_give_advice() {
        check(
            "LOADING",
            "Redis is loading the dataset in memory",
            "Unavailable",
            "loading",
        );
        check(
            "BUSY",
            "Redis is busy running a script",
            "Unavailable",
            "busy",
        );
        check(
            "MISCONF",
            "Redis is configured to save RDB snapshots",
            "Unavailable",
            "disk",
        );
        check(
            "MISCONF",
            "Errors writing to the AOF file: No space left on device",
            "Unavailable",
            "append-only",
        );
        check("BUSY", "Redis is busy", "Unavailable", "FUNCTION KILL");
        check(
            "OOM",
            "command not allowed when used memory > 'maxmemory'.",
            "Full",
            "maxmemory",
        );
    }

    #[test]
    fn errors_of_replicas_and_clusters_are_unavailable_and_give_advice() {
        check(
            "READONLY",
            "You can't write against a read only replica.",
            "Unavailable",
            "primary",
        );
        check(
            "TRYAGAIN",
            "Multiple keys request",
            "Unavailable",
            "cluster",
        );
        check(
            "MASTERDOWN",
            "Link with MASTER is down",
            "Unavailable",
            "replication",
        );
        check(
            "CLUSTERDOWN",
            "The cluster is down",
            "Unavailable",
            "cluster",
        );
        check(
            "ERR",
            "max number of clients reached",
            "Unavailable",
            "maxclients",
        );
    }

    #[test]
    fn errors_that_a_new_plan_repairs_are_lost() {
        check(
            "NOGROUP",
            "No such key 'x' or consumer group 'workers'",
            "Lost",
            "group",
        );
        check("ERR", "Function not found", "Lost", "function library");
        check(
            "UNBLOCKED",
            "the stream key no longer exists",
            "Lost",
            "key",
        );
    }

    #[test]
    fn permanent_errors_are_fatal_and_name_the_setting() {
        check("NOAUTH", "Authentication required.", "Fatal", "redis.url");
        check(
            "WRONGPASS",
            "invalid username-password pair",
            "Fatal",
            "redis.url",
        );
        check(
            "NOPERM",
            "this user has no permissions to run 'fcall'",
            "Fatal",
            "redis.url",
        );
        check("NOPERM", "no permissions", "Fatal", "ACL SETUSER");
        check("WRONGTYPE", "Operation against a key", "Fatal", "redis.url");
        check("MOVED", "3999 127.0.0.1:6381", "Fatal", "redis.url");
        check("ERR", "unknown command 'FCALL'", "Fatal", "unknown command");
        let refused = RedisError::from((ErrorKind::AuthenticationFailed, "no"));
        assert!(matches!(
            store_error("h:1", &refused),
            StoreError::Fatal { .. }
        ));
    }

    #[test]
    fn network_errors_are_unavailable_and_name_the_address() {
        let cases = [
            (io::ErrorKind::ConnectionRefused, "check that it is running"),
            (io::ErrorKind::TimedOut, "in time"),
            (io::ErrorKind::BrokenPipe, "failed"),
        ];
        for (kind, names) in cases {
            let found = store_error("h:1", &RedisError::from(io::Error::from(kind)));
            assert!(
                matches!(found, StoreError::Unavailable { .. }),
                "{kind:?}: {found:?}"
            );
            let text = found.to_string();
            assert!(text.contains(names) && text.contains("h:1"), "{text}");
        }
        let timeout = pool_error("h:1", &PoolError::Timeout(TimeoutType::Create));
        assert!(timeout.to_string().contains("timed out"), "{timeout}");
    }
}
