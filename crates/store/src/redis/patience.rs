//! Waiting for long, but not for an answer that will never come.
//!
//! A busy Redis may take a minute to answer a commit, and a connection that is half open never does: its other end is
//! gone, and nobody says so. Both are silent. What tells them apart is that a busy Redis is silent to everybody.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use ::redis::{RedisResult, cmd};
use tokio::time::timeout;

use super::network::Network;

/// Silence after which somebody else asks: what an answer of an idle Redis never takes.
const SILENCE: Duration = Duration::from_secs(10);
/// How fast an idle Redis answers somebody else, the connection included.
const PROMPT: Duration = Duration::from_secs(1);
/// How often somebody else must have had an answer, a silence apart: Redis takes long commands in by pieces, and in
/// between it answers others.
const OTHERS: u32 = 2;

impl Network {
    /// Waits for `answer`, and gives up with a timeout if others get theirs all the while. Whoever gives up must not use
    /// the connection again.
    pub(super) async fn unless_half_open<T>(
        &self,
        answer: impl Future<Output = RedisResult<T>>,
    ) -> RedisResult<T> {
        let mut answer = pin!(answer);
        for _ in 0..OTHERS {
            loop {
                if let Ok(answer) = timeout(SILENCE, &mut answer).await {
                    return answer;
                }
                if self.answers_others().await {
                    break;
                }
            }
        }
        // The last of the others' answers may have overtaken ours.
        match timeout(PROMPT, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(io::Error::from(ErrorKind::TimedOut).into()),
        }
    }

    /// Whether Redis answers a new connection at once.
    async fn answers_others(&self) -> bool {
        let ask = async {
            let mut connection = self.connect().await?;
            cmd("PING").query_async::<()>(&mut connection).await
        };
        matches!(timeout(PROMPT, ask).await, Ok(Ok(())))
    }
}
