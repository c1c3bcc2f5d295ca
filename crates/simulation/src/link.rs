//! The way between an actor and the server: it delays, reorders, loses requests and answers, and breaks.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use ::redis::{RedisError, RedisResult, Value};
use futures::future::{BoxFuture, FutureExt};
use store::redis::Link;
use tokio::sync::oneshot::{self, Sender};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::redis::Reply;
use crate::world::{Client, Shared, Trouble};

/// All connections of one actor.
#[derive(Debug)]
pub(crate) struct SimulatedLink {
    shared: Arc<Shared>,
    client: Client,
}

impl SimulatedLink {
    /// The connections of `client`.
    pub(crate) fn new(shared: Arc<Shared>, client: Client) -> Self {
        Self { shared, client }
    }
}

type Answer = RedisResult<Vec<Value>>;

impl Link for SimulatedLink {
    fn ask(&self, commands: Vec<Vec<Vec<u8>>>, patience: Duration) -> BoxFuture<'_, Answer> {
        let (answer, arrival) = oneshot::channel();
        let journey = Journey {
            shared: Arc::clone(&self.shared),
            client: self.client,
            commands,
        };
        // By itself: what was sent may arrive when its sender is dead.
        tokio::spawn(journey.go(answer));
        async move {
            match timeout(patience, arrival).await {
                Ok(Ok(answer)) => answer,
                _ => Err(broken(ErrorKind::TimedOut)),
            }
        }
        .boxed()
    }
}

fn broken(kind: ErrorKind) -> RedisError {
    RedisError::from(io::Error::from(kind))
}

/// What becomes of a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Refused,
    /// The connection breaks before the request arrives.
    Breaks,
    /// It vanishes without a word.
    Vanishes,
    /// It is done, and the connection breaks.
    AnswerBreaks,
    /// It is done, and the answer vanishes.
    AnswerVanishes,
}

/// A request on its way.
struct Journey {
    shared: Arc<Shared>,
    client: Client,
    commands: Vec<Vec<Vec<u8>>>,
}

impl Journey {
    async fn go(self, answer: Sender<Answer>) {
        let (fate, there, back, incarnation) = self.draw();
        sleep(there).await;
        match fate {
            Fate::Refused => return drop(answer.send(Err(broken(ErrorKind::ConnectionRefused)))),
            Fate::Breaks => return drop(answer.send(Err(broken(ErrorKind::ConnectionReset)))),
            Fate::Vanishes => return linger(answer).await,
            Fate::Arrives | Fate::AnswerBreaks | Fate::AnswerVanishes => {}
        }
        if answer.is_closed() && self.shared.world().rng.bool() {
            // The sender died, and its connection in time.
            return;
        }
        let done = self.perform(incarnation, &answer).await;
        sleep(back).await;
        let outcome = match (done, fate) {
            (_, Fate::AnswerVanishes) => return linger(answer).await,
            (Some(answers), Fate::Arrives) => answers.into_iter().map(Reply::into_value).collect(),
            _ => Err(broken(ErrorKind::ConnectionReset)),
        };
        // Nobody may be there any more.
        drop(answer.send(outcome));
    }

    /// What becomes of it, how long each way takes, and of which server this is.
    fn draw(&self) -> (Fate, Duration, Duration, u64) {
        let mut guard = self.shared.world();
        let world = &mut *guard;
        let trouble = world.troubles.get(&self.client).copied();
        let chance = if world.calm {
            u16::MAX
        } else {
            world.rng.u16(..1000)
        };
        let fate = match (trouble, chance) {
            _ if !world.up => Fate::Refused,
            (Some(Trouble::Refused), _) => Fate::Refused,
            (Some(Trouble::Swallowed), _) => Fate::Vanishes,
            (Some(Trouble::Mute), _) => Fate::AnswerVanishes,
            (_, 0..3) => Fate::Breaks,
            (_, 3..6) => Fate::Vanishes,
            (_, 6..12) => Fate::AnswerBreaks,
            (_, 12..16) => Fate::AnswerVanishes,
            _ => Fate::Arrives,
        };
        if let (false, 0..16) = (world.calm, chance) {
            world.tally.note("lost requests and answers");
        }
        let slow = match trouble {
            Some(Trouble::Slow(ms)) => ms * 1000,
            _ => 0,
        };
        let most = if world.rng.u8(..) < 8 && !world.calm {
            400_000
        } else {
            3_000
        };
        let mut way = || Duration::from_micros(slow + world.rng.u64(50..most));
        let (there, back) = (way(), way());
        (fate, there, back, world.incarnation)
    }

    /// Does the commands; `None` if the server died before they were all done.
    async fn perform(&self, incarnation: u64, answer: &Sender<Answer>) -> Option<Vec<Reply>> {
        let mut answers = Vec::with_capacity(self.commands.len());
        let end = Instant::now() + block(self.commands.first()?);
        for (nth, command) in self.commands.iter().enumerate() {
            if nth > 0 && self.shared.world().rng.u8(..) < 30 {
                // Others come in between.
                sleep(Duration::from_micros(300)).await;
            }
            answers.push(self.perform_one(incarnation, command, end, answer).await?);
        }
        Some(answers)
    }

    async fn perform_one(
        &self,
        incarnation: u64,
        command: &[Vec<u8>],
        end: Instant,
        answer: &Sender<Answer>,
    ) -> Option<Reply> {
        loop {
            {
                let world = self.shared.world();
                if !world.up || world.incarnation != incarnation {
                    return None;
                }
            }
            let reply = self.shared.execute(self.client, command);
            let waits = reply == Reply::Nil && block(command) > Duration::ZERO;
            if !waits || Instant::now() >= end {
                return Some(reply);
            }
            drop(timeout_at(end, self.shared.changed.notified()).await);
            // A server that notices that a reader is gone delivers nothing to it; mostly it does.
            if answer.is_closed() && self.shared.world().rng.u8(..) < 230 {
                return None;
            }
        }
    }
}

/// For how long a command waits for something to read.
fn block(command: &[Vec<u8>]) -> Duration {
    let at = command.iter().position(|word| word == b"BLOCK");
    let ms = at.and_then(|at| std::str::from_utf8(command.get(at + 1)?).ok()?.parse().ok());
    Duration::from_millis(ms.unwrap_or(0))
}

/// Keeps an answer from arriving, and its reader from knowing that.
async fn linger(answer: Sender<Answer>) {
    sleep(Duration::from_secs(3600)).await;
    drop(answer);
}
