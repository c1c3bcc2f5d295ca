//! What an error of Redis means for the caller. Pure: an error in, a [`StoreError`] out.

use ::redis::{Arg, Cmd, ErrorKind, RedisError};
use deadpool_redis::{PoolError, TimeoutType};

use crate::StoreError;

/// Sorts an error by what can be done about it. `address` is `host:port`; no message shows a password.
pub(super) fn store_error(address: &str, error: &RedisError) -> StoreError {
    match error.kind() {
        ErrorKind::AuthenticationFailed => fatal(format!(
            "Redis at {address} refused the user or password: set them in redis.url"
        )),
        ErrorKind::InvalidClientConfig => fatal(format!("redis.url is not usable: {error}")),
        ErrorKind::Io | ErrorKind::Parse => unavailable(io_detail(address, error)),
        ErrorKind::UnexpectedReturnType => fatal(format!(
            "Redis at {address} gave an answer of an unexpected shape: {error}"
        )),
        // Answers to several commands at once hold their errors inside; the first tells the cause.
        _ => match error.clone().into_server_errors().as_deref() {
            Some([(_, first), ..]) => {
                server_error(address, first.code(), first.details().unwrap_or_default())
            }
            _ => fatal(format!("Redis at {address}: {error}")),
        },
    }
}

/// Names the key that `command` was about, where the error is that it has a wrong type.
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
        Some(key) if detail.contains("WRONGTYPE") => fatal(format!("{detail}, at the key {key}")),
        _ => fatal(detail),
    }
}

/// Sorts an error of the pool of connections.
pub(super) fn pool_error(address: &str, error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(address, error),
        PoolError::Timeout(TimeoutType::Wait) => unavailable(format!(
            "no connection to Redis at {address} became free in time"
        )),
        PoolError::Timeout(_) => {
            unavailable(format!("connecting to Redis at {address} took too long"))
        }
        other => unavailable(format!("no connection to Redis at {address}: {other}")),
    }
}

fn io_detail(address: &str, error: &RedisError) -> String {
    if error.is_connection_refusal() {
        format!("Redis at {address} refused the connection: is it running, is redis.url right?")
    } else if error.is_timeout() {
        format!("Redis at {address} did not answer in time")
    } else {
        format!("the connection to Redis at {address} failed: {error}")
    }
}

/// Sorts by the code that starts every error that Redis itself answers.
fn server_error(address: &str, code: &str, text: &str) -> StoreError {
    let advice = match code {
        "LOADING" => "it is loading its data, and goes on by itself",
        "BUSY" => {
            "it is busy with a long script: wait, or if that is not ours end it with FUNCTION KILL or SCRIPT KILL"
        }
        "MISCONF" if text.contains("AOF") => {
            "it cannot write to its append-only file, so it takes no writes: look at its disk and its log"
        }
        "MISCONF" => {
            "its snapshots fail, so it takes no writes: look at the disk and the log of Redis"
        }
        "OOM" => {
            let advice = "its memory is used up: raise maxmemory";
            let detail = not_usable(address, advice, code, text);
            return StoreError::Full { detail };
        }
        "READONLY" => "it is a read-only replica: point redis.url to the primary",
        "TRYAGAIN" | "CLUSTERDOWN" => "the cluster is not ready",
        "MASTERDOWN" | "NOREPLICAS" => "its replication is interrupted",
        "NOGROUP" => return lost("the group of workers of the job"),
        "UNBLOCKED" => return lost("a key that was waited on"),
        "NOAUTH" | "WRONGPASS" => {
            return refused(address, code, text, "set user and password in redis.url");
        }
        "NOPERM" => {
            return refused(
                address,
                code,
                text,
                "the user in redis.url lacks a permission: grant it with ACL SETUSER, as README.md says of production",
            );
        }
        "WRONGTYPE" => {
            let advice =
                "a key of ours has a wrong type: does redis.url point to the right database?";
            return refused(address, code, text, advice);
        }
        "DENIED" => {
            return refused(
                address,
                code,
                text,
                "set a password and put it in redis.url",
            );
        }
        "MOVED" | "ASK" | "CROSSSLOT" => {
            return refused(
                address,
                code,
                text,
                "redis.url points to a node of a cluster; use a single Redis",
            );
        }
        _ if text.contains("Function not found") => return lost("the function library"),
        _ if text.contains("max number of clients") => "it takes no more clients: raise maxclients",
        _ => return fatal(format!("Redis at {address} answered {code} {text}")),
    };
    unavailable(not_usable(address, advice, code, text))
}

fn not_usable(address: &str, advice: &str, code: &str, text: &str) -> String {
    format!("Redis at {address} is not usable now, {advice} ({code} {text})")
}

fn refused(address: &str, code: &str, text: &str, advice: &str) -> StoreError {
    fatal(format!(
        "Redis at {address} refused: {advice} ({code} {text})"
    ))
}

/// Shorthand for [`StoreError::Fatal`].
pub(super) fn fatal(detail: String) -> StoreError {
    StoreError::Fatal { detail }
}

/// Shorthand for [`StoreError::Unavailable`].
pub(super) fn unavailable(detail: String) -> StoreError {
    StoreError::Unavailable { detail }
}

/// Shorthand for [`StoreError::Lost`].
pub(super) fn lost(what: impl Into<String>) -> StoreError {
    StoreError::Lost { what: what.into() }
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::redis::make_extension_error;

    use super::*;

    /// The kind of the error that `code text` becomes, which must contain `names`.
    fn check(code: &str, text: &str, kind: &str, names: &str) {
        let error = make_extension_error(code.to_owned(), Some(text.to_owned()));
        let found = store_error("h:1", &error);
        let found_kind = format!("{found:?}");
        assert!(found_kind.starts_with(kind), "{code} {text}: {found:?}");
        assert!(found.to_string().contains(names), "{code} {text}: {found}");
    }

    #[test]
    fn a_key_of_a_wrong_type_is_named() {
        let error = make_extension_error("WRONGTYPE".to_owned(), None);
        let mut read = ::redis::cmd("XREAD");
        read.arg("STREAMS").arg("mr:{a}:events").arg("0-0");
        let named = naming_key(store_error("h:1", &error), &read).to_string();
        assert!(named.contains("mr:{a}:events"), "{named}");
        let other = naming_key(unavailable("away".to_owned()), &read).to_string();
        assert_eq!(other, "away");
    }

    #[test]
    fn what_passes_by_itself_is_unavailable_and_says_what_to_do() {
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
    fn what_a_new_plan_mends_is_lost() {
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
    fn what_no_retry_mends_is_fatal_and_names_the_setting() {
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
    fn trouble_of_the_network_is_unavailable_and_names_the_address() {
        let cases = [
            (io::ErrorKind::ConnectionRefused, "is it running"),
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
        assert!(timeout.to_string().contains("too long"), "{timeout}");
    }
}
