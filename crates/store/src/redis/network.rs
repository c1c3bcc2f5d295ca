//! Network: a pool for commands that answer at once, others for reads that block.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Arg, AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo,
    Pipeline, ProtocolVersion, RedisError, RedisResult, Value,
};
use deadpool_redis::{Connection, Manager, Pool, Runtime};
use tokio::time::Instant;

use super::errors::{fatal, naming_key, pool_error, store_error};
use super::options::{RedisOptions, redacted};
use crate::StoreResult;

/// What a blocking read may take beyond the time that it blocks. The client's default of half a second
/// in all would give up on reads that Redis still answers, and their tasks would be lost for a lease.
pub(super) const BLOCK_GRACE: Duration = Duration::from_secs(10);

/// Longest wait for the answer to a commit. Redis folds one at a time, some 0.3 s for the largest part:
/// this is for a hundred workers. Giving up early would only send the same pairs once more.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Commands of fewer arguments than this are short: others need not wait for them.
const SHORT: usize = 64;

/// Commands of more bytes than this take as long as the network needs.
const LARGE: usize = 1 << 20;

/// How long after an answer a connection is taken to live. One that died since fails the next command, as it
/// would have failed had it died just after being asked.
const WARM: Duration = Duration::from_secs(1);

/// Idle connections for blocking reads that are kept: one each for claiming, watching, waiting for jobs.
const KEPT: usize = 3;

/// All connections to one Redis.
pub(super) struct Network {
    /// `host:port`, for messages.
    pub(super) address: String,
    pool: Pool,
    client: Client,
    options: RedisOptions,
    /// Network for blocking reads that nobody uses now. A read owns its connection: what else is
    /// sent on it would wait behind the read, and a read that is cancelled takes its connection along,
    /// so that Redis delivers nothing to somebody who left.
    idle: Mutex<Vec<MultiplexedConnection>>,
    /// For all short commands at the same time: what is sent together travels together. The pool asks each
    /// connection whether it lives before it gives it out, a round trip as long as the command's own.
    shared: Mutex<Option<Shared>>,
    /// How many connections were shared so far.
    numbers: AtomicU64,
}

/// A connection of the pool that answered a moment ago.
struct Shared {
    connection: Connection,
    answered: Instant,
    /// Tells it from those before.
    number: u64,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// Checks the options; connects to nothing yet.
    pub(super) fn new(options: RedisOptions) -> StoreResult<Self> {
        let shown = redacted(&options.url);
        let unusable = |what: String| fatal(format!("redis.url {shown} is not usable: {what}"));
        let info = connection_info(&options.url).map_err(|error| unusable(error.to_string()))?;
        let address = info.addr().to_string();
        let client = Client::open(info.clone()).map_err(|error| unusable(error.to_string()))?;
        let manager = Manager::new_with_config(info, config(&options, options.response_timeout))
            .map_err(|error| unusable(error.to_string()))?;
        let pool = Pool::builder(manager)
            .max_size(options.pool_size.max(1))
            .wait_timeout(Some(options.response_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| fatal(format!("no pool of connections: {error}")))?;
        Ok(Self {
            address,
            pool,
            client,
            options,
            idle: Mutex::default(),
            shared: Mutex::default(),
            numbers: AtomicU64::new(0),
        })
    }

    /// Runs a command that answers at once.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        // Boxed, so that futures around it stay shallow: the compiler gives up on types that nest too deep.
        Box::pin(self.run_shared(command, self.options.response_timeout)).await
    }

    /// Runs a command that may have to wait behind many others that take long.
    pub(super) async fn run_patiently<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        if command.args_iter().nth(SHORT).is_none() {
            return Box::pin(self.run_shared(command, PATIENCE)).await;
        }
        let mut connection = self.pooled().await?;
        connection.set_response_timeout(PATIENCE);
        let answer = command.query_async(&mut connection);
        let answer = self.unless_half_open(answer).await;
        connection.set_response_timeout(self.options.response_timeout);
        self.settle(connection, answer)
            .map_err(|error| naming_key(error, command))
    }

    /// Runs a short command beside others.
    async fn run_shared<T: FromRedisValue>(
        &self,
        command: &Cmd,
        patience: Duration,
    ) -> StoreResult<T> {
        let (number, mut connection) = self.shared().await?;
        connection.set_response_timeout(patience);
        let bytes = command.args_iter().map(|arg| match arg {
            Arg::Simple(bytes) => bytes.len(),
            _ => 0,
        });
        let large = bytes.sum::<usize>() > LARGE;
        let answer = command.query_async(&mut connection);
        let answer = if large {
            // Many of them at once fill a network for long, while others are answered.
            answer.await
        } else {
            self.unless_half_open(answer).await
        };
        let broken = matches!(&answer, Err(error) if is_broken(error));
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = shared.as_mut().filter(|current| current.number == number) {
            current.answered = Instant::now();
            if broken {
                // Not back to the pool: an answer may still be on its way.
                drop(
                    shared
                        .take()
                        .map(|shared| Connection::take(shared.connection)),
                );
            }
        }
        drop(shared);
        answer.map_err(|error| naming_key(store_error(&self.address, &error), command))
    }

    /// The connection for short commands, if it answered a moment ago; otherwise another one of the pool.
    async fn shared(&self) -> StoreResult<(u64, MultiplexedConnection)> {
        {
            let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(shared) = &*shared
                && shared.answered.elapsed() < WARM
            {
                return Ok((shared.number, (*shared.connection).clone()));
            }
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let connection = self.pooled().await?;
        let clone = (*connection).clone();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        *shared = Some(Shared {
            connection,
            answered: Instant::now(),
            number,
        });
        Ok((number, clone))
    }

    /// Runs commands in one round trip; the answers are in their order.
    pub(super) async fn run_all(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        let mut connection = self.pooled().await?;
        let answer = commands.query_async(&mut connection).await;
        self.settle(connection, answer)
    }

    /// Like [`Network::run_all`], for commands that carry or answer many bytes.
    pub(super) async fn run_all_patiently(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        let mut connection = self.pooled().await?;
        connection.set_response_timeout(PATIENCE);
        let answer = commands.query_async(&mut connection);
        let answer = self.unless_half_open(answer).await;
        connection.set_response_timeout(self.options.response_timeout);
        self.settle(connection, answer)
    }

    /// Runs a read that blocks for up to `block`, on a connection of its own.
    pub(super) async fn run_blocking(&self, command: &Cmd, block: Duration) -> StoreResult<Value> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        // Whether a kept connection still lives shows only in use; a dead one fails the first read after
        // Redis was away, which callers must expect of any read then.
        let mut connection = match kept {
            Some(connection) => connection,
            None => self
                .connect()
                .await
                .map_err(|error| store_error(&self.address, &error))?,
        };
        connection.set_response_timeout(block + BLOCK_GRACE);
        // On an error the connection is dropped: an answer may still be on its way.
        let answer = command
            .query_async(&mut connection)
            .await
            .map_err(|error| naming_key(store_error(&self.address, &error), command))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// Drops what is kept: Redis may be another one now.
    pub(super) fn forget_idle(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// A connection beside the pool.
    pub(super) async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.client
            .get_multiplexed_async_connection_with_config(&config(&self.options, BLOCK_GRACE))
            .await
    }

    async fn pooled(&self) -> StoreResult<Connection> {
        self.pool
            .get()
            .await
            .map_err(|error| pool_error(&self.address, &error))
    }

    /// Gives the connection back to the pool, unless it may be broken or behind by an answer.
    fn settle<T>(&self, connection: Connection, answer: RedisResult<T>) -> StoreResult<T> {
        answer.map_err(|error| {
            if is_broken(&error) {
                drop(Connection::take(connection));
            }
            store_error(&self.address, &error)
        })
    }
}

/// Whether a connection may be broken, or behind by an answer.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

fn connection_info(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    // Replies are read as RESP2, whatever the URL asks for.
    let redis = info
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP2);
    // Without this, the end of a large commit waits for the acknowledgement of its start.
    let tcp = TcpSettings::default().set_nodelay(true);
    Ok(info.set_redis_settings(redis).set_tcp_settings(tcp))
}

fn config(options: &RedisOptions, response_timeout: Duration) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(options.connect_timeout))
        .set_response_timeout(Some(response_timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_url_is_named_without_its_password() {
        for url in [
            "http://:secret@h",
            "redis://:secret@h/db",
            ":secret@h",
            "rediss://:secret@h",
        ] {
            let options = RedisOptions {
                url: url.to_owned(),
                ..RedisOptions::default()
            };
            let text = Network::new(options).unwrap_err().to_string();
            assert!(
                text.contains("redis.url") && !text.contains("secret"),
                "{text}"
            );
        }
    }
}
