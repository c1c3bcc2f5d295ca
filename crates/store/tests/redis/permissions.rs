//! A user without a needed permission is refused at the start, with the names of the permissions. All other tests run
//! as the user of `deploy/users.conf` and so show that the list is complete.

use store::conformance::Harness;
use store::{JobStore, StoreError};

use crate::harness::{Redis, USERS, as_user, store};

/// Returns the permissions of the user of `deploy/users.conf`, without their `+`.
fn permissions() -> Vec<String> {
    let text = std::fs::read_to_string(USERS).unwrap();
    let line = text.lines().find(|line| line.starts_with("user "));
    let rules = line.unwrap().split(' ');
    let permissions: Vec<String> = rules
        .filter_map(|rule| rule.strip_prefix('+').map(str::to_owned))
        .collect();
    assert!(permissions.len() > 40, "{permissions:?}");
    permissions
}

/// Creates a user like that of `deploy/users.conf`, changed by one `rule`, and connects.
async fn connect_with(redis: &Redis, rule: &str) -> Result<(), StoreError> {
    let mut words = vec!["ACL", "SETUSER", "weak", "reset", "on", ">a-long-password"];
    words.extend(["~mr:*", "-@all"]);
    let permissions: Vec<String> = permissions()
        .iter()
        .map(|permission| format!("+{permission}"))
        .collect();
    words.extend(permissions.iter().map(String::as_str));
    words.extend(rule.split_whitespace());
    redis.run::<()>(&words);
    let store = store(&as_user("weak", &redis.server));
    store.connect().await.map(drop)
}

#[tokio::test]
async fn a_user_without_a_permission_is_refused_with_its_name() {
    // With and without the library in Redis.
    for loaded in [false, true] {
        let redis = Redis::start();
        for permission in permissions()
            .iter()
            .filter(|permission| *permission != "bgsave")
        {
            if loaded {
                redis.store().connect().await.unwrap();
            } else {
                redis.run::<()>(&["FUNCTION", "FLUSH"]);
            }
            let error = connect_with(&redis, &format!("-{permission}")).await;
            let error = error.expect_err(permission).to_string();
            assert!(
                error.contains("lacks the permission") || error.contains("lacks a permission"),
                "{permission}: {error}"
            );
            let named = error
                .split(|c: char| !c.is_alphabetic() && c != '|')
                .any(|word| word == permission);
            assert!(named, "{permission}: {error}");
        }
        connect_with(&redis, "").await.unwrap();
    }
}

#[tokio::test]
async fn a_user_without_checkpoints_is_accepted() {
    let redis = Redis::start();
    connect_with(&redis, "-bgsave").await.unwrap();
}

#[tokio::test]
async fn a_user_with_access_to_other_keys_is_refused() {
    let redis = Redis::start();
    let error = connect_with(&redis, "resetkeys ~other:*").await;
    let error = error
        .expect_err("the user may not access the keys of jobs")
        .to_string();
    assert!(error.contains("mr:*"), "{error}");
}
