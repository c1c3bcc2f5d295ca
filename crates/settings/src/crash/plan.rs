//! The plan of a process to crash at a named point.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::warn;

use super::decision::CrashDecision;
use crate::settings::{CrashPoint, CrashSettings};

/// Exit code that shells and container engines report for a process killed by SIGKILL.
const KILLED: i32 = 137;

/// Plan of a process to crash; clones share the count of passes.
#[derive(Debug, Clone, Default)]
pub struct CrashPlan(Option<Arc<Mutex<CrashDecision>>>);

impl CrashPlan {
    /// Creates the plan of `settings`; [`CrashPlan::default`] never crashes.
    pub fn new(settings: &CrashSettings) -> Self {
        Self(CrashDecision::new(settings).map(|decision| Arc::new(Mutex::new(decision))))
    }

    /// Ends the process with exit code 137 if the plan says so. No destructor runs.
    pub fn reach(&self, point: CrashPoint) {
        let Some(decision) = &self.0 else { return };
        if !decision
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fires(point)
        {
            return;
        }
        warn!(point = point.as_str(), "crash point reached");
        // `exit` gives 137 wherever the process runs. Process 1 of a container ignores signals that it sends itself,
        // and an abort may leave a core file on the user's disk. `exit` runs no destructors and cancels no tasks. The
        // at-exit handlers of C have nothing to flush, since logs go to stderr without a buffer.
        std::process::exit(KILLED);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn at(point: CrashPoint) -> CrashSettings {
        CrashSettings {
            at: Some(point),
            probability: 1.0,
            skip: 0,
            seed: Some(1),
        }
    }

    #[test]
    fn a_plan_without_a_point_never_crashes() {
        let off = CrashSettings {
            at: None,
            ..at(CrashPoint::AfterClaim)
        };
        for plan in [CrashPlan::default(), CrashPlan::new(&off)] {
            CrashPoint::ALL
                .into_iter()
                .for_each(|point| plan.reach(point));
        }
    }

    /// The test starts its own binary again as the process that crashes.
    #[test]
    fn a_crash_ends_the_process_with_137() {
        const CHILD: &str = "RUNTIME_TEST_CRASHES";
        if std::env::var_os(CHILD).is_some() {
            CrashPlan::new(&at(CrashPoint::AfterCommit)).reach(CrashPoint::AfterCommit);
            panic!("passed the crash point");
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::plan::tests::a_crash_ends_the_process_with_137",
            ])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert_eq!(child.status.code(), Some(137), "{child:?}");
    }
}
