//! Where commands go: over the network to a server, or to something that answers as one does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisResult, Value};
use futures::future::BoxFuture;

use super::errors::{naming_key, store_error};
use super::network::{BLOCK_GRACE, Network, PATIENCE};
use super::options::RedisOptions;
use crate::StoreResult;

/// What answers commands as a server does: a simulation.
pub trait Link: fmt::Debug + Send + Sync {
    /// Sends commands, each with its name and arguments, and gives their answers in order. A read that blocks does so
    /// for as long as it says.
    ///
    /// # Errors
    /// Those of the client library: the first refusal, a broken connection, or none of the answers after `patience`.
    fn ask(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        patience: Duration,
    ) -> BoxFuture<'_, RedisResult<Vec<Value>>>;
}

/// All connections to one Redis.
#[derive(Debug)]
pub(super) struct Connections {
    /// `host:port`, for messages.
    pub(super) address: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Network(Box<Network>),
    Link(Arc<dyn Link>, Duration),
}

impl Connections {
    /// Checks the options; connects to nothing yet.
    pub(super) fn new(options: RedisOptions) -> StoreResult<Self> {
        let network = Network::new(options)?;
        Ok(Self {
            address: network.address.clone(),
            way: Way::Network(Box::new(network)),
        })
    }

    /// Sends everything to `link`, with the patience of the default options.
    pub(super) fn over(link: Arc<dyn Link>) -> Self {
        Self {
            address: "a simulation".to_owned(),
            way: Way::Link(link, RedisOptions::default().response_timeout),
        }
    }

    /// Runs a command that answers at once.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        match &self.way {
            Way::Network(network) => network.run(command).await,
            Way::Link(link, patience) => self.ask_one(&**link, command, *patience).await,
        }
    }

    /// Runs a command that may have to wait behind many others that take long.
    pub(super) async fn run_patiently<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        match &self.way {
            Way::Network(network) => network.run_patiently(command).await,
            Way::Link(link, _) => self.ask_one(&**link, command, PATIENCE).await,
        }
    }

    /// Runs commands in one round trip; the answers are in their order.
    pub(super) async fn run_all(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        match &self.way {
            Way::Network(network) => network.run_all(commands).await,
            Way::Link(link, patience) => self.ask_all(&**link, commands, *patience).await,
        }
    }

    /// Like [`Connections::run_all`], for commands that carry or answer many bytes.
    pub(super) async fn run_all_patiently(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        match &self.way {
            Way::Network(network) => network.run_all_patiently(commands).await,
            Way::Link(link, _) => self.ask_all(&**link, commands, PATIENCE).await,
        }
    }

    /// Runs a read that blocks for up to `block`, on a connection of its own.
    pub(super) async fn run_blocking(&self, command: &Cmd, block: Duration) -> StoreResult<Value> {
        match &self.way {
            Way::Network(network) => network.run_blocking(command, block).await,
            Way::Link(link, _) => self.ask_one(&**link, command, block + BLOCK_GRACE).await,
        }
    }

    /// Drops what is kept: Redis may be another one now.
    pub(super) fn forget_idle(&self) {
        if let Way::Network(network) = &self.way {
            network.forget_idle();
        }
    }

    async fn ask_one<T: FromRedisValue>(
        &self,
        link: &dyn Link,
        command: &Cmd,
        patience: Duration,
    ) -> StoreResult<T> {
        let answers = link.ask(vec![arguments(command)], patience).await;
        let answer = answers.and_then(|mut answers| {
            let value = answers.pop().unwrap_or_default();
            Ok(T::from_redis_value(value)?)
        });
        answer.map_err(|error| naming_key(store_error(&self.address, &error), command))
    }

    async fn ask_all(
        &self,
        link: &dyn Link,
        commands: &Pipeline,
        patience: Duration,
    ) -> StoreResult<Vec<Value>> {
        let commands = commands.cmd_iter().map(arguments).collect();
        let answers = link.ask(commands, patience).await;
        answers.map_err(|error| store_error(&self.address, &error))
    }
}

/// The name and the arguments of a command.
fn arguments(command: &Cmd) -> Vec<Vec<u8>> {
    let simple = |arg: Arg<&[u8]>| match arg {
        Arg::Simple(bytes) => Some(bytes.to_vec()),
        // Of commands that iterate by themselves, which are not used.
        _ => None,
    };
    command.args_iter().filter_map(simple).collect()
}
