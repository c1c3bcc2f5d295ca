//! The simulated network, which delays, reorders and loses requests and replies, and breaks connections.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use ::redis::{RedisError, RedisResult, Value};
use futures::future::{BoxFuture, FutureExt};
use store::redis::SimulatedServer;
use tokio::sync::oneshot::{self, Sender};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::client_id::ClientId;
use crate::connection_fault::ConnectionFault;
use crate::redis::Reply;
use crate::shared_world::SharedWorld;

/// All connections of a client.
#[derive(Debug)]
pub(crate) struct SimulatedConnections {
    shared: Arc<SharedWorld>,
    client: ClientId,
}

impl SimulatedConnections {
    /// Returns the connections of `client`.
    pub(crate) fn new(shared: Arc<SharedWorld>, client: ClientId) -> Self {
        Self { shared, client }
    }
}

/// Replies to the commands of a request.
type Answer = RedisResult<Vec<Value>>;

impl SimulatedServer for SimulatedConnections {
    fn execute(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        response_timeout: Duration,
    ) -> BoxFuture<'_, Answer> {
        let (answer, arrival) = oneshot::channel();
        let request = Request {
            shared: Arc::clone(&self.shared),
            client: self.client,
            commands,
        };
        // In its own task, because a request may arrive after the death of its sender.
        tokio::spawn(request.run(answer));
        async move {
            match timeout(response_timeout, arrival).await {
                Ok(Ok(answer)) => answer,
                _ => Err(broken(ErrorKind::TimedOut)),
            }
        }
        .boxed()
    }
}

/// Returns the error of a failed connection.
fn broken(kind: ErrorKind) -> RedisError {
    RedisError::from(io::Error::from(kind))
}

/// Fate of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Refused,
    /// The connection breaks before the request arrives.
    BreaksBefore,
    /// The request is lost.
    RequestLost,
    /// The commands are executed, then the connection breaks.
    BreaksAfter,
    /// The commands are executed, but the replies are lost.
    RepliesLost,
}

/// A request on its way.
struct Request {
    shared: Arc<SharedWorld>,
    client: ClientId,
    commands: Vec<Vec<Vec<u8>>>,
}

impl Request {
    /// Delivers the request and its replies, as far as the network lets them through.
    async fn run(self, answer: Sender<Answer>) {
        let (fate, there, back, incarnation) = self.draw();
        sleep(there).await;
        match fate {
            Fate::Refused => return drop(answer.send(Err(broken(ErrorKind::ConnectionRefused)))),
            Fate::BreaksBefore => {
                return drop(answer.send(Err(broken(ErrorKind::ConnectionReset))));
            }
            Fate::RequestLost => return linger(answer).await,
            Fate::Arrives | Fate::BreaksAfter | Fate::RepliesLost => {}
        }
        if answer.is_closed() && self.shared.world().rng.bool() {
            // The sender died, and its connection closed before the request was read.
            return;
        }
        let done = self.perform(incarnation, &answer).await;
        sleep(back).await;
        let outcome = match (done, fate) {
            (_, Fate::RepliesLost) => return linger(answer).await,
            (Some(answers), Fate::Arrives) => answers.into_iter().map(Reply::into_value).collect(),
            _ => Err(broken(ErrorKind::ConnectionReset)),
        };
        // The receiver may be gone.
        drop(answer.send(outcome));
    }

    /// Draws the fate of the request and the time of each direction. Also returns the incarnation of the server.
    fn draw(&self) -> (Fate, Duration, Duration, u64) {
        let mut guard = self.shared.world();
        let world = &mut *guard;
        let fault = world.connection_faults.get(&self.client).copied();
        let chance = if world.faults_over {
            u16::MAX
        } else {
            world.rng.u16(..1000)
        };
        let fate = match (fault, chance) {
            _ if !world.up => Fate::Refused,
            (Some(ConnectionFault::Refused), _) => Fate::Refused,
            (Some(ConnectionFault::RequestsLost), _) => Fate::RequestLost,
            (Some(ConnectionFault::RepliesLost), _) => Fate::RepliesLost,
            (_, 0..3) => Fate::BreaksBefore,
            (_, 3..6) => Fate::RequestLost,
            (_, 6..12) => Fate::BreaksAfter,
            (_, 12..16) => Fate::RepliesLost,
            _ => Fate::Arrives,
        };
        if let (false, 0..16) = (world.faults_over, chance) {
            world.tally.count("lost requests and replies");
        }
        let slow = match fault {
            Some(ConnectionFault::Slow(ms)) => ms * 1000,
            _ => 0,
        };
        let most = if world.rng.u8(..) < 8 && !world.faults_over {
            400_000
        } else {
            3_000
        };
        let mut way = || Duration::from_micros(slow + world.rng.u64(50..most));
        let (there, back) = (way(), way());
        (fate, there, back, world.incarnation)
    }

    /// Executes the commands. Returns `None` if the server dies before the last one.
    async fn perform(&self, incarnation: u64, answer: &Sender<Answer>) -> Option<Vec<Reply>> {
        let mut answers = Vec::with_capacity(self.commands.len());
        let end = Instant::now() + block(self.commands.first()?);
        for (nth, command) in self.commands.iter().enumerate() {
            if nth > 0 && self.shared.world().rng.u8(..) < 30 {
                // Commands of other clients may come in between.
                sleep(Duration::from_micros(300)).await;
            }
            answers.push(self.perform_one(incarnation, command, end, answer).await?);
        }
        Some(answers)
    }

    /// Executes one command, which may block. Returns `None` if the server dies.
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
            // Mostly, the server notices that a blocked reader is gone and delivers nothing to it.
            if answer.is_closed() && self.shared.world().rng.u8(..) < 230 {
                return None;
            }
        }
    }
}

/// Returns how long a command blocks for entries to read.
fn block(command: &[Vec<u8>]) -> Duration {
    let at = command.iter().position(|word| word == b"BLOCK");
    let ms = at.and_then(|at| std::str::from_utf8(command.get(at + 1)?).ok()?.parse().ok());
    Duration::from_millis(ms.unwrap_or(0))
}

/// Keeps a reply from arriving while the connection stays open.
async fn linger(answer: Sender<Answer>) {
    sleep(Duration::from_secs(3600)).await;
    drop(answer);
}
