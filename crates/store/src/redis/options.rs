//! Connection options of Redis.

use std::fmt;
use std::time::Duration;

/// Connection options of Redis.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// URL of the form `redis://[user][:password@]host[:port][/database]`. The setting `redis.url`.
    pub url: String,
    /// Maximum time to open a connection.
    pub connect_timeout: Duration,
    /// Longest wait for a reply, not counting the time for which a blocking read blocks. It is long because a function
    /// may have to wait for others.
    pub response_timeout: Duration,
    /// Maximum number of connections for commands other than blocking reads.
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

/// Prints the URL without user and password.
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

/// Replaces user and password of `url` by `***`, even if the URL is invalid. Removes the query, where URLs of Unix
/// sockets have the password.
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
    fn a_printed_url_has_no_password() {
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
