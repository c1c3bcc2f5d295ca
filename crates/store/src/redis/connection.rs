//! The target of all commands: a server on the network, or a simulation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisResult, Value};
use futures::future::BoxFuture;

use super::errors::{naming_key, store_error};
use super::network::{BLOCKING_READ_GRACE, Network, SLOW_RESPONSE_TIMEOUT};
use super::options::RedisOptions;
use crate::error::StoreResult;

/// A simulated Redis server, in place of the network.
pub trait SimulatedServer: fmt::Debug + Send + Sync {
    /// Executes commands, each given as its name and arguments, and returns the replies in order. A blocking read
    /// blocks for as long as its arguments say.
    ///
    /// # Errors
    /// The errors of the client library: the first refusal, a broken connection, or no reply within
    /// `response_timeout`.
    fn execute(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        response_timeout: Duration,
    ) -> BoxFuture<'_, RedisResult<Vec<Value>>>;
}

/// All connections to one server.
#[derive(Debug)]
pub(super) struct Connections {
    /// `host:port`, for messages.
    pub(super) address: String,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Network(Box<Network>),
    Simulation {
        server: Arc<dyn SimulatedServer>,
        response_timeout: Duration,
    },
}

impl Connections {
    /// Checks the options without connecting.
    pub(super) fn new(options: RedisOptions) -> StoreResult<Self> {
        let network = Network::new(options)?;
        Ok(Self {
            address: network.address.clone(),
            target: Target::Network(Box::new(network)),
        })
    }

    /// Sends all commands to `server`, with the response timeout of the default options.
    pub(super) fn simulated(server: Arc<dyn SimulatedServer>) -> Self {
        Self {
            address: "a simulation".to_owned(),
            target: Target::Simulation {
                server,
                response_timeout: RedisOptions::default().response_timeout,
            },
        }
    }

    /// Runs a command that the server answers at once.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        match &self.target {
            Target::Network(network) => network.run(command).await,
            Target::Simulation {
                server,
                response_timeout,
            } => self.simulate(&**server, command, *response_timeout).await,
        }
    }

    /// Runs a command that may have to wait for many slow commands of other clients.
    pub(super) async fn run_slow<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        match &self.target {
            Target::Network(network) => network.run_slow(command).await,
            Target::Simulation { server, .. } => {
                self.simulate(&**server, command, SLOW_RESPONSE_TIMEOUT)
                    .await
            }
        }
    }

    /// Runs commands in one round trip. The replies are in the order of the commands.
    pub(super) async fn run_all(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        match &self.target {
            Target::Network(network) => network.run_all(commands).await,
            Target::Simulation {
                server,
                response_timeout,
            } => {
                self.simulate_all(&**server, commands, *response_timeout)
                    .await
            }
        }
    }

    /// Like [`Connections::run_all`], for commands whose arguments or replies are large.
    pub(super) async fn run_all_slow(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        match &self.target {
            Target::Network(network) => network.run_all_slow(commands).await,
            Target::Simulation { server, .. } => {
                self.simulate_all(&**server, commands, SLOW_RESPONSE_TIMEOUT)
                    .await
            }
        }
    }

    /// Runs a read that blocks for up to `block`, on a connection that no other command uses meanwhile.
    pub(super) async fn run_blocking_read(
        &self,
        command: &Cmd,
        block: Duration,
    ) -> StoreResult<Value> {
        match &self.target {
            Target::Network(network) => network.run_blocking_read(command, block).await,
            Target::Simulation { server, .. } => {
                self.simulate(&**server, command, block + BLOCKING_READ_GRACE)
                    .await
            }
        }
    }

    /// Drops idle connections: after a restart they lead to a server that is gone.
    pub(super) fn forget_idle(&self) {
        if let Target::Network(network) = &self.target {
            network.forget_idle();
        }
    }

    async fn simulate<T: FromRedisValue>(
        &self,
        server: &dyn SimulatedServer,
        command: &Cmd,
        response_timeout: Duration,
    ) -> StoreResult<T> {
        let replies = server
            .execute(vec![arguments(command)], response_timeout)
            .await;
        let reply = replies.and_then(|mut replies| {
            let value = replies.pop().unwrap_or_default();
            Ok(T::from_redis_value(value)?)
        });
        reply.map_err(|error| naming_key(store_error(&self.address, &error), command))
    }

    async fn simulate_all(
        &self,
        server: &dyn SimulatedServer,
        commands: &Pipeline,
        response_timeout: Duration,
    ) -> StoreResult<Vec<Value>> {
        let commands = commands.cmd_iter().map(arguments).collect();
        let replies = server.execute(commands, response_timeout).await;
        replies.map_err(|error| store_error(&self.address, &error))
    }
}

/// Returns the name and the arguments of a command.
fn arguments(command: &Cmd) -> Vec<Vec<u8>> {
    let simple = |arg: Arg<&[u8]>| match arg {
        Arg::Simple(bytes) => Some(bytes.to_vec()),
        // Cursor arguments belong to iterating commands such as SCAN, which the store does not use.
        _ => None,
    };
    command.args_iter().filter_map(simple).collect()
}
