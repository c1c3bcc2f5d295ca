//! Section `redis`.

use std::fmt;
use std::time::Duration;

use serde::Deserializer;

use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Connection to Redis.
    #[derive(Clone, PartialEq, Eq)]
    pub struct RedisSettings in "redis" {
        /// URL of Redis, with user, password and database if needed.
        ///
        /// The environment variable `REDIS_URL` sets it too; `MAPREDUCE__REDIS__URL` takes precedence. Programs log the
        /// URL without its password.
        url: String = "redis://127.0.0.1:6379" {
            accepts: "a URL such as redis://127.0.0.1:6379",
            read: "url",
            flag: "--redis-url URL",
        }
        /// Time to retry while Redis does not answer, before the program ends with exit code 69.
        deadline: Duration = "60s" {
            accepts: "a duration such as 60s",
            read: "values::duration",
        }
    }
}

impl RedisSettings {
    /// The URL with `***` in place of its password; logs and messages show this one.
    pub fn shown_url(&self) -> String {
        without_password(&self.url)
    }
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings")
            .field("url", &self.shown_url())
            .field("deadline", &self.deadline)
            .finish()
    }
}

fn url<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let known = ["redis://", "rediss://", "unix://", "redis+unix://"];
    values::checked(from, |text| {
        known.iter().any(|start| {
            text.strip_prefix(start)
                .is_some_and(|rest| !rest.is_empty())
        })
    })
}

/// Replaces the password of `url` with `***`. The password ends at the last `@`, because it may contain others.
pub(in crate::settings) fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let Some(end) = url.rfind('@').filter(|end| *end >= start) else {
        return url.to_owned();
    };
    let user = url[start..end].split_once(':').map_or("", |(user, _)| user);
    format!("{}{user}:***{}", &url[..start], &url[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("redis://:secret@h:1/0", "redis://:***@h:1/0"),
            ("redis://me:se:cr@et@h", "redis://me:***@h"),
            ("redis://secret@h", "redis://:***@h"),
            ("me:secret@h", "me:***@h"),
            ("redis://h:6379", "redis://h:6379"),
        ] {
            let settings = RedisSettings {
                url: url.to_owned(),
                deadline: Duration::ZERO,
            };
            assert_eq!(settings.shown_url(), shown);
            assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
        }
    }
}
