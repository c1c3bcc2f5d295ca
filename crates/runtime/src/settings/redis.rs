//! Section `redis`.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "redis.url",
        default: "redis://127.0.0.1:6379",
        meaning: "where Redis is, with user, password and database if it has them; REDIS_URL is read too",
        accepts: "a URL such as redis://127.0.0.1:6379",
    },
    Setting {
        name: "redis.deadline",
        default: "60s",
        meaning: "how long to keep trying while Redis does not answer, before giving up with exit code 69",
        accepts: "a duration such as 60s",
    },
];

/// Where Redis is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The URL; it may hold a password, so show [`RedisSettings::shown_url`] instead.
    #[serde(deserialize_with = "url")]
    pub url: String,
    /// How long to keep trying while Redis does not answer.
    #[serde(deserialize_with = "values::duration")]
    pub deadline: Duration,
}

impl RedisSettings {
    /// The URL with its password, if any, replaced by `***`.
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

fn url<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let known = ["redis://", "rediss://", "unix://", "redis+unix://"];
    values::checked(from, |text| {
        known.iter().any(|start| {
            text.strip_prefix(start)
                .is_some_and(|rest| !rest.is_empty())
        })
    })
}

/// `url` fit to be shown. The last `@` ends the password, which may hold others.
pub(super) fn without_password(url: &str) -> String {
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
