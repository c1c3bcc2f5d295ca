//! The world and the notifications about its changes, shared by all tasks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use tokio::sync::Notify;

use crate::client_id::ClientId;
use crate::redis::Reply;
use crate::world::World;

/// The shared world and the notifications about its changes.
#[derive(Debug)]
pub struct SharedWorld {
    world: Mutex<World>,
    /// Notified when the data may have changed.
    pub changed: Notify,
    /// Notified when the next fault is due.
    pub fault: Notify,
    /// Notified when an invariant is violated.
    pub violated: Notify,
    /// Notified when all faults are over.
    pub faults_over: Notify,
}

impl SharedWorld {
    /// Returns a world that draws faults from `rng`. If `traced`, it records a trace of all events.
    pub fn new(rng: Rng, traced: bool) -> Self {
        Self {
            world: Mutex::new(World::new(rng, traced)),
            changed: Notify::new(),
            fault: Notify::new(),
            violated: Notify::new(),
            faults_over: Notify::new(),
        }
    }

    /// Locks the world. No task holds the lock across an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Executes a command of `client` and checks the invariants.
    pub fn execute(&self, client: ClientId, command: &[Vec<u8>]) -> Reply {
        let mut world = self.world();
        let reply = world.execute(client, command);
        if world.executed >= world.next_fault {
            world.next_fault = u64::MAX;
            self.fault.notify_one();
        }
        let violated = world.violation.is_some();
        drop(world);
        if violated {
            self.violated.notify_one();
        }
        // Only functions and announcements add entries that blocked readers wait for.
        if command
            .first()
            .is_some_and(|word| word == b"FCALL" || word == b"XADD")
        {
            self.changed.notify_waiters();
        }
        reply
    }
}
