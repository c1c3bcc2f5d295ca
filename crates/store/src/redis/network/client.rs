//! The connections to one Redis server.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Arg, AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo,
    Pipeline, ProtocolVersion, RedisError, RedisResult, Value, cmd,
};
use deadpool_redis::{Manager, Pool, Runtime};
use tokio::time::Instant;

use super::half_open::{Probe, await_reply};
use super::pooled::PooledConnection;
use super::timeouts::{BLOCKING_READ_GRACE, SLOW_RESPONSE_TIMEOUT};
use crate::error::StoreResult;
use crate::redis::errors::{fatal, naming_key, pool_error, store_error};
use crate::redis::options::{RedisOptions, redacted};

/// Commands with fewer arguments than this are short and share one connection.
pub(super) const SHORT_ARGUMENTS: usize = 64;

/// Commands with more bytes than this need as long as the network takes to transfer them.
const LARGE_BYTES: usize = 1 << 20;

/// Time after a reply during which the shared connection is used without a check. If it dies in this time, the next
/// command fails, as it would if the connection died right after a check.
const TRUSTED: Duration = Duration::from_secs(1);

/// Idle connections for blocking reads that are kept: one each for claiming, watching and waiting for a job.
const MAX_IDLE: usize = 3;

/// All connections to one Redis server.
pub(in crate::redis) struct Network {
    /// `host:port`, for messages.
    pub(in crate::redis) address: String,
    pool: Pool,
    client: Client,
    options: RedisOptions,
    /// Unused connections for blocking reads.
    ///
    /// A blocking read owns its connection, since any later command on it would wait behind the read. The connection
    /// of a cancelled read is closed, so that Redis delivers no task to a reader that is gone.
    idle: Mutex<Vec<MultiplexedConnection>>,
    /// The connection that all short commands share. Concurrent commands travel in one packet, and a command needs no
    /// check of the connection: the check by the pool costs a round trip, as much as the command itself.
    shared: Mutex<Option<Shared>>,
    /// Number of connections that were shared so far.
    numbers: AtomicU64,
}

/// A pooled connection for concurrent short commands.
struct Shared {
    connection: PooledConnection,
    /// Time of its last reply.
    answered: Instant,
    /// Distinguishes it from earlier shared connections.
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
    /// Checks the options without connecting.
    pub(in crate::redis) fn new(options: RedisOptions) -> StoreResult<Self> {
        let shown = redacted(&options.url);
        let unusable = |what: String| fatal(format!("redis.url {shown} is invalid: {what}"));
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
            .map_err(|error| fatal(format!("cannot create the connection pool: {error}")))?;
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

    /// Runs a command that Redis answers at once.
    pub(in crate::redis) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> StoreResult<T> {
        // Boxed to keep the enclosing futures shallow: rustc rejects types that nest too deep.
        Box::pin(self.run_shared(command, self.options.response_timeout)).await
    }

    /// Runs a command that may have to wait for many slow commands of other clients.
    pub(in crate::redis) async fn run_slow<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> StoreResult<T> {
        if command.args_iter().nth(SHORT_ARGUMENTS).is_none() {
            return Box::pin(self.run_shared(command, SLOW_RESPONSE_TIMEOUT)).await;
        }
        let connection = self.pooled().await?;
        let mut handle = connection.with_timeout(SLOW_RESPONSE_TIMEOUT);
        let reply = await_reply(command.query_async(&mut handle), self).await;
        self.release(connection, reply)
            .map_err(|error| naming_key(error, command))
    }

    /// Runs a short command on the shared connection.
    async fn run_shared<T: FromRedisValue>(
        &self,
        command: &Cmd,
        response_timeout: Duration,
    ) -> StoreResult<T> {
        let (number, mut handle) = self.shared(response_timeout).await?;
        let bytes = command.args_iter().map(|arg| match arg {
            Arg::Simple(bytes) => bytes.len(),
            _ => 0,
        });
        let large = bytes.sum::<usize>() > LARGE_BYTES;
        let reply = command.query_async(&mut handle);
        let reply = if large {
            // Many large commands can fill the network for a long time while Redis answers the probes.
            reply.await
        } else {
            await_reply(reply, self).await
        };
        let broken = matches!(&reply, Err(error) if is_broken(error));
        let mut shared = lock(&self.shared);
        if let Some(current) = shared.as_mut().filter(|current| current.number == number) {
            current.answered = Instant::now();
            if broken && let Some(shared) = shared.take() {
                // A late reply may still arrive on it, so it must not go back to the pool.
                shared.connection.close();
            }
        }
        drop(shared);
        reply.map_err(|error| naming_key(store_error(&self.address, &error), command))
    }

    /// Returns a handle on the shared connection. Replaces the connection if its last reply is too old.
    async fn shared(
        &self,
        response_timeout: Duration,
    ) -> StoreResult<(u64, MultiplexedConnection)> {
        {
            let shared = lock(&self.shared);
            if let Some(shared) = &*shared
                && shared.answered.elapsed() < TRUSTED
            {
                return Ok((
                    shared.number,
                    shared.connection.with_timeout(response_timeout),
                ));
            }
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let connection = self.pooled().await?;
        let handle = connection.with_timeout(response_timeout);
        *lock(&self.shared) = Some(Shared {
            connection,
            answered: Instant::now(),
            number,
        });
        Ok((number, handle))
    }

    /// Runs commands in one round trip. The replies are in the order of the commands.
    pub(in crate::redis) async fn run_all(&self, commands: &Pipeline) -> StoreResult<Vec<Value>> {
        let connection = self.pooled().await?;
        let mut handle = connection.with_timeout(self.options.response_timeout);
        let reply = commands.query_async(&mut handle).await;
        self.release(connection, reply)
    }

    /// Like [`Network::run_all`], for commands whose arguments or replies are large.
    pub(in crate::redis) async fn run_all_slow(
        &self,
        commands: &Pipeline,
    ) -> StoreResult<Vec<Value>> {
        let connection = self.pooled().await?;
        let mut handle = connection.with_timeout(SLOW_RESPONSE_TIMEOUT);
        let reply = await_reply(commands.query_async(&mut handle), self).await;
        self.release(connection, reply)
    }

    /// Runs a read that blocks for up to `block`, on a connection that no other command uses meanwhile.
    pub(in crate::redis) async fn run_blocking_read(
        &self,
        command: &Cmd,
        block: Duration,
    ) -> StoreResult<Value> {
        let kept = lock(&self.idle).pop();
        // Only use shows whether a kept connection is alive. A dead one fails the first read after an outage of
        // Redis, and callers must expect a failure then anyway.
        let mut connection = match kept {
            Some(connection) => connection,
            None => self
                .connect()
                .await
                .map_err(|error| store_error(&self.address, &error))?,
        };
        connection.set_response_timeout(block + BLOCKING_READ_GRACE);
        // An error drops the connection, since a late reply may still arrive on it.
        let reply = command
            .query_async(&mut connection)
            .await
            .map_err(|error| naming_key(store_error(&self.address, &error), command))?;
        let mut idle = lock(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        Ok(reply)
    }

    /// Drops the idle and the shared connections: after a restart they lead to a server that is gone.
    pub(in crate::redis) fn forget_idle(&self) {
        lock(&self.idle).clear();
        lock(&self.shared).take();
    }

    /// Opens a connection outside the pool.
    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.client
            .get_multiplexed_async_connection_with_config(&config(
                &self.options,
                BLOCKING_READ_GRACE,
            ))
            .await
    }

    async fn pooled(&self) -> StoreResult<PooledConnection> {
        self.pool
            .get()
            .await
            .map(PooledConnection::new)
            .map_err(|error| pool_error(&self.address, &error))
    }

    /// Returns the connection to the pool, or closes it if it may be broken or if a late reply may arrive on it.
    fn release<T>(&self, connection: PooledConnection, reply: RedisResult<T>) -> StoreResult<T> {
        reply.map_err(|error| {
            if is_broken(&error) {
                connection.close();
            }
            store_error(&self.address, &error)
        })
    }
}

impl Probe for Network {
    async fn probe(&self) -> RedisResult<()> {
        let mut connection = self.connect().await?;
        cmd("PING").query_async(&mut connection).await
    }
}

/// Locks data that stays consistent even if a thread panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether a connection may be broken, or may still deliver a late reply.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

fn connection_info(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    // Replies are parsed as RESP2, so a protocol in the URL has no effect.
    let redis = info
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP2);
    // Without `nodelay`, the end of a large commit waits until Redis acknowledges its start.
    let tcp = TcpSettings::default().set_nodelay(true);
    Ok(info.set_redis_settings(redis).set_tcp_settings(tcp))
}

fn config(options: &RedisOptions, response_timeout: Duration) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(options.connect_timeout))
        .set_response_timeout(Some(response_timeout))
}
