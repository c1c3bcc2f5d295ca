//! The store itself: a handle on connections.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ::redis::cmd;

use super::connection::{Connections, Link};
use super::library;
use super::options::RedisOptions;
use super::server::{Info, admit};
use crate::{StoreId, StoreResult};

/// Coordination through Redis. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct RedisStore {
    pub(super) redis: Arc<Connections>,
    /// Whether it was said already that this Redis takes no checkpoints.
    pub(super) warned: Arc<AtomicBool>,
}

impl RedisStore {
    /// A store at `options.url`. Connects to nothing yet.
    ///
    /// # Errors
    /// [`crate::StoreError::Fatal`] if the URL is not usable.
    pub fn new(options: RedisOptions) -> StoreResult<Self> {
        Ok(Self {
            redis: Arc::new(Connections::new(options)?),
            warned: Arc::default(),
        })
    }

    /// A store behind `link`: for simulations.
    #[doc(hidden)]
    pub fn over(link: Arc<dyn Link>) -> Self {
        Self {
            redis: Arc::new(Connections::over(link)),
            warned: Arc::default(),
        }
    }

    /// Refuses an unfit server or user, loads the library, and tells which incarnation of Redis this is.
    pub(super) async fn ready(&self) -> StoreResult<StoreId> {
        self.redis.forget_idle();
        let info: String = self.redis.run(&cmd("INFO")).await?;
        let id = admit(&self.redis.address, &Info::parse(&info))?;
        library::ensure(&self.redis).await?;
        self.check_rights().await?;
        Ok(id)
    }
}
