//! The Redis store: a handle on its connections.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ::redis::cmd;

use super::connection::{Connections, SimulatedServer};
use super::library;
use super::options::RedisOptions;
use super::server::{Info, admit};
use crate::error::StoreResult;
use crate::types::StoreId;

/// Coordination through Redis. Clones are cheap and share their connections.
#[derive(Debug, Clone)]
pub struct RedisStore {
    pub(super) redis: Arc<Connections>,
    /// Set once the log has the warning about missing checkpoints.
    pub(super) warned: Arc<AtomicBool>,
}

impl RedisStore {
    /// Creates a store at `options.url` without connecting.
    ///
    /// # Errors
    /// [`crate::StoreError::Fatal`] if the URL is not usable.
    pub fn new(options: RedisOptions) -> StoreResult<Self> {
        Ok(Self {
            redis: Arc::new(Connections::new(options)?),
            warned: Arc::default(),
        })
    }

    /// Creates a store whose server is `server`. For simulations.
    #[doc(hidden)]
    pub fn simulated(server: Arc<dyn SimulatedServer>) -> Self {
        Self {
            redis: Arc::new(Connections::simulated(server)),
            warned: Arc::default(),
        }
    }

    /// Refuses an unsuitable server or user, loads the function library, and returns the identity of the server's run.
    pub(super) async fn ready(&self) -> StoreResult<StoreId> {
        self.redis.forget_idle();
        let info: String = self.redis.run(&cmd("INFO")).await?;
        let id = admit(&self.redis.address, &Info::parse(&info))?;
        library::ensure(&self.redis).await?;
        self.check_permissions().await?;
        Ok(id)
    }
}
