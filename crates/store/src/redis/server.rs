//! Checks from `INFO` whether a server can run jobs. Pure.

use std::collections::HashMap;

use super::errors::{fatal, unavailable};
use crate::error::StoreResult;
use crate::types::StoreId;

/// Fields of a reply to `INFO`.
#[derive(Debug)]
pub(super) struct Info<'a>(HashMap<&'a str, &'a str>);

impl<'a> Info<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        Self(
            text.lines()
                .filter_map(|line| line.trim_end().split_once(':'))
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }
}

/// Returns the identity of the server's run. Refuses servers that could lose or reject data.
pub(super) fn admit(address: &str, info: &Info<'_>) -> StoreResult<StoreId> {
    let valkey = info.get("server_name") == "valkey";
    let (name, version, oldest) = if valkey {
        ("Valkey", info.get("valkey_version"), 8)
    } else {
        ("Redis", info.get("redis_version"), 7)
    };
    let major: Option<u32> = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major < oldest) {
        return Err(fatal(format!(
            "the {name} at {address} has version {version:?}; version {oldest}.0 or newer is needed"
        )));
    }
    let policy = info.get("maxmemory_policy");
    if policy != "noeviction" {
        return Err(fatal(format!(
            "the {name} at {address} may evict keys and lose counts: its maxmemory-policy is \
             {policy:?}; set it to noeviction"
        )));
    }
    if info.get("redis_mode") == "cluster" {
        return Err(fatal(format!(
            "the {name} at {address} is a cluster node, but a job needs all its keys on one server: point redis.url to \
             a single {name}"
        )));
    }
    if info.get("loading") == "1" {
        return Err(unavailable(format!(
            "the {name} at {address} is loading its data: wait until it has finished"
        )));
    }
    if info.get("role") == "slave" {
        return Err(unavailable(format!(
            "the {name} at {address} is a replica: point redis.url to the primary"
        )));
    }
    match info.get("run_id") {
        "" => Err(fatal(format!(
            "the {name} at {address} does not report its run_id in INFO"
        ))),
        id => Ok(StoreId(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITABLE: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\n\r\n# Memory\r\n\
        maxmemory_policy:noeviction\r\nloading:0\r\nrole:master\r\n";

    fn check(changes: &[(&str, &str)], names: &str) {
        let mut text = SUITABLE.to_owned();
        for (old, new) in changes {
            assert!(text.contains(old));
            text = text.replace(old, new);
        }
        let error = admit("h:1", &Info::parse(&text)).unwrap_err().to_string();
        assert!(error.contains(names) && error.contains("h:1"), "{error}");
    }

    #[test]
    fn a_suitable_server_is_identified_by_its_run_id() {
        let valkey = SUITABLE.replace(
            "redis_version:7.0.15",
            "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0",
        );
        for text in [SUITABLE, &SUITABLE.replace("7.0.15", "8.2.1"), &valkey] {
            assert_eq!(
                admit("h:1", &Info::parse(text)).unwrap(),
                StoreId("abc".to_owned())
            );
        }
    }

    #[test]
    fn an_unsuitable_server_is_refused_with_the_reason() {
        check(&[("7.0.15", "6.2.14")], "7.0 or newer");
        check(
            &[(
                "7.0.15",
                "7.2.4\r\nserver_name:valkey\r\nvalkey_version:7.2.5",
            )],
            "8.0 or newer",
        );
        check(&[("redis_version:7.0.15\r\n", "")], "7.0 or newer");
        check(&[("noeviction", "allkeys-lru")], "noeviction");
        check(&[("mode:standalone", "mode:cluster")], "a single Redis");
        check(&[("loading:0", "loading:1")], "loading");
        check(&[("role:master", "role:slave")], "primary");
        check(&[("run_id:abc\r\n", "")], "run_id");
    }
}
