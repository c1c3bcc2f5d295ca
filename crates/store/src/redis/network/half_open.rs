//! Detection of half-open connections while a slow reply is pending.
//!
//! A busy Redis may need a minute for the reply to a commit. A half-open connection never delivers its reply, because
//! its other end is gone without a notice. Both look the same on the waiting connection. The difference is that a busy
//! Redis does not answer other connections either.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use ::redis::RedisResult;
use tokio::time::timeout;

/// Idle timeout: the silence after which another connection is probed. An idle Redis never needs this long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time in which an idle Redis accepts a new connection and answers on it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// Successful probes, one idle timeout apart, after which the connection counts as half open. One is not enough:
/// Redis reads long commands in pieces and answers other connections in between.
const PROBES: u32 = 2;

/// A server that can be probed on a new connection.
pub(super) trait Probe {
    /// Checks that the server answers on a new connection.
    fn probe(&self) -> impl Future<Output = RedisResult<()>> + Send;
}

/// Waits for `reply`, and fails with a timeout if `server` answers probes on other connections meanwhile.
///
/// After a timeout the caller must not use the connection again.
pub(super) async fn await_reply<T>(
    reply: impl Future<Output = RedisResult<T>>,
    server: &impl Probe,
) -> RedisResult<T> {
    let mut reply = pin!(reply);
    for _ in 0..PROBES {
        loop {
            if let Ok(reply) = timeout(IDLE_TIMEOUT, &mut reply).await {
                return reply;
            }
            if matches!(timeout(PROBE_TIMEOUT, server.probe()).await, Ok(Ok(()))) {
                break;
            }
        }
    }
    // The reply to the last probe may have overtaken this reply.
    match timeout(PROBE_TIMEOUT, reply).await {
        Ok(reply) => reply,
        Err(_) => Err(io::Error::from(ErrorKind::TimedOut).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{Instant, sleep};

    use super::*;

    struct Server {
        answers: bool,
    }

    impl Probe for Server {
        async fn probe(&self) -> RedisResult<()> {
            if self.answers {
                Ok(())
            } else {
                pending().await
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_half_open_if_the_server_answers_two_probes() {
        let server = Server { answers: true };
        let start = Instant::now();
        let error = await_reply(pending::<RedisResult<()>>(), &server).await;
        assert!(error.unwrap_err().is_timeout());
        assert_eq!(start.elapsed(), PROBES * IDLE_TIMEOUT + PROBE_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_has_time_for_its_reply() {
        let server = Server { answers: false };
        let reply = async {
            sleep(10 * IDLE_TIMEOUT).await;
            Ok(7)
        };
        assert_eq!(await_reply(reply, &server).await.unwrap(), 7);
    }
}
