//! Users who lack a right are refused at the start, by name. That no right is missing from the list is shown by
//! all other tests: they run as the user of `deploy/users.conf`.

use store::conformance::Harness;
use store::{JobStore, StoreError};

use crate::harness::{Redis, USERS, as_user, store};

/// The rights that the user of `deploy/users.conf` has, without their `+`.
fn rights() -> Vec<String> {
    let text = std::fs::read_to_string(USERS).unwrap();
    let line = text.lines().find(|line| line.starts_with("user "));
    let rules = line.unwrap().split(' ');
    let rights: Vec<String> = rules
        .filter_map(|rule| rule.strip_prefix('+').map(str::to_owned))
        .collect();
    assert!(rights.len() > 40, "{rights:?}");
    rights
}

/// Makes a user who is that of `deploy/users.conf` but for one `rule`, and connects.
async fn connect_with(redis: &Redis, rule: &str) -> Result<(), StoreError> {
    let mut words = vec!["ACL", "SETUSER", "weak", "reset", "on", ">a-long-password"];
    words.extend(["~mr:*", "-@all"]);
    let rights: Vec<String> = rights().iter().map(|right| format!("+{right}")).collect();
    words.extend(rights.iter().map(String::as_str));
    words.extend(rule.split_whitespace());
    redis.run::<()>(&words);
    let store = store(&as_user("weak", &redis.server));
    store.connect().await.map(drop)
}

#[tokio::test]
async fn a_user_who_lacks_any_right_is_refused_at_the_start_and_the_right_named() {
    // Whether the library is there already or not.
    for loaded in [false, true] {
        let redis = Redis::start();
        for right in rights().iter().filter(|right| *right != "bgsave") {
            if loaded {
                redis.store().connect().await.unwrap();
            } else {
                redis.run::<()>(&["FUNCTION", "FLUSH"]);
            }
            let error = connect_with(&redis, &format!("-{right}")).await;
            let error = error.expect_err(right).to_string();
            assert!(error.contains("lacks a permission"), "{right}: {error}");
            let named = error
                .split(|c: char| !c.is_alphabetic() && c != '|')
                .any(|word| word == right);
            assert!(named, "{right}: {error}");
        }
        connect_with(&redis, "").await.unwrap();
    }
}

#[tokio::test]
async fn a_user_without_checkpoints_is_served() {
    let redis = Redis::start();
    connect_with(&redis, "-bgsave").await.unwrap();
}

#[tokio::test]
async fn a_user_of_other_keys_is_refused_at_the_start() {
    let redis = Redis::start();
    let error = connect_with(&redis, "resetkeys ~other:*").await;
    let error = error.expect_err("other keys are not ours").to_string();
    assert!(error.contains("mr:*"), "{error}");
}
