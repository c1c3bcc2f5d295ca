//! How to reach Redis.

use std::fmt;
use std::time::Duration;

/// Where Redis is and how patient to be with it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// `redis://[user][:password@]host[:port][/database]`; the setting `redis.url`.
    pub url: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for an answer, beyond the time that a blocking read waits by itself. A function may
    /// run behind others, so this is long.
    pub response_timeout: Duration,
    /// Most connections for everything but blocking reads.
    pub pool_size: usize,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".to_owned(),
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(10),
            pool_size: 8,
        }
    }
}

/// Shows the URL without its user and password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("url", &redacted(&self.url))
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .field("pool_size", &self.pool_size)
            .finish()
    }
}

/// `url` with `***` for user and password, also where it is no valid URL, and without its query, in
/// which URLs of Unix sockets carry passwords.
pub(super) fn redacted(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}***{}", &url[..scheme + 3], &url[at..])
        }
        (None, Some(at)) => format!("***{}", &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_password() {
        let cases = [
            ("redis://h:1/2", "redis://h:1/2"),
            ("redis://:secret@h:1", "redis://***@h:1"),
            ("redis://u:s@cr@et@h", "redis://***@h"),
            ("u:secret@h", "***@h"),
            ("unix:///s?user=u&pass=secret", "unix:///s"),
        ];
        for (url, shown) in cases {
            assert_eq!(redacted(url), shown);
        }
        let options = RedisOptions {
            url: "redis://:secret@h".to_owned(),
            ..RedisOptions::default()
        };
        assert!(!format!("{options:?}").contains("secret"));
    }
}
