//! Limits of a worker.

/// Limits of a worker.
#[derive(Debug, Clone, Copy)]
pub struct WorkerLimits {
    /// Number of tasks that run at once.
    pub slots: u32,
    /// Number of attempts at a task before it fails.
    pub max_attempts: u32,
    /// Lets an idle worker start backup attempts at the slow tasks of other workers.
    pub backups: bool,
}
