//! Deliberate crashes: the process ends at a named point, as if it had been killed there.
//!
//! Off unless `crash.at` is set. A plan that is off costs one comparison where a point is reached.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::warn;

use crate::random::{SplitMix, entropy};
use crate::settings::CrashSettings;

/// The exit code of a process that was killed by SIGKILL, as shells and container engines tell it.
const KILLED: i32 = 137;

/// Where a process can crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrashPoint {
    /// A worker has claimed a task and done nothing yet.
    AfterClaim,
    /// A worker has mapped a task and not committed it.
    BeforeCommit,
    /// A worker's commit took effect; the reply is lost.
    AfterCommit,
    /// The master has planned some of the tasks.
    WhilePlanning,
    /// The master has written the output and not yet renamed it.
    BeforeRename,
}

impl CrashPoint {
    /// All points.
    pub const ALL: [Self; 5] = [
        Self::AfterClaim,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::WhilePlanning,
        Self::BeforeRename,
    ];

    /// The word in `crash.at`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterClaim => "after-claim",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::WhilePlanning => "while-planning",
            Self::BeforeRename => "before-rename",
        }
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CrashPoint {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|point| point.as_str() == word)
            .ok_or(())
    }
}

/// Whether and where this process crashes; clones share what has been counted.
#[derive(Debug, Clone, Default)]
pub struct CrashPlan(Option<Arc<Mutex<CrashDecision>>>);

impl CrashPlan {
    /// The plan that `settings` ask for; [`CrashPlan::default`] never crashes.
    pub fn new(settings: &CrashSettings) -> Self {
        Self(CrashDecision::new(settings).map(|decision| Arc::new(Mutex::new(decision))))
    }

    /// Ends the process here if the plan says so: exit code 137, no destructor runs.
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
        // `exit` and not `abort` or a signal to oneself: it gives 137 wherever the process runs, while
        // process 1 of a container ignores signals that it sends itself, and an abort may leave a core
        // file on the user's disk. No destructor of ours runs and no task is told; at-exit handlers of
        // C have nothing of ours to flush, since logs go to stderr without a buffer.
        std::process::exit(KILLED);
    }
}

/// The decision itself: counts, chance, and no side effect.
#[derive(Debug, Clone)]
pub struct CrashDecision {
    at: CrashPoint,
    skip: u32,
    probability: f64,
    random: SplitMix,
}

impl CrashDecision {
    /// `None` if `settings` name no point. Without `crash.seed` chance differs between processes.
    pub fn new(settings: &CrashSettings) -> Option<Self> {
        Some(Self {
            at: settings.at?,
            skip: settings.skip,
            probability: settings.probability,
            random: SplitMix::new(settings.seed.unwrap_or_else(entropy)),
        })
    }

    /// Whether the process crashes as it reaches `point` this time.
    pub fn fires(&mut self, point: CrashPoint) -> bool {
        if point != self.at {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.random.chance(self.probability)
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

    fn fired(settings: &CrashSettings, times: usize) -> Vec<bool> {
        let mut decision = CrashDecision::new(settings).expect("a point is set");
        (0..times)
            .map(|_| decision.fires(CrashPoint::BeforeCommit))
            .collect()
    }

    #[test]
    fn only_the_point_that_is_set_fires() {
        for set in CrashPoint::ALL {
            let mut decision = CrashDecision::new(&at(set)).unwrap();
            for reached in CrashPoint::ALL {
                assert_eq!(
                    decision.fires(reached),
                    reached == set,
                    "{set} at {reached}"
                );
            }
        }
    }

    #[test]
    fn skipped_passes_are_counted_at_the_point_only() {
        let settings = CrashSettings {
            skip: 2,
            ..at(CrashPoint::BeforeCommit)
        };
        let mut decision = CrashDecision::new(&settings).unwrap();
        assert!(!decision.fires(CrashPoint::AfterClaim));
        let passes = [(); 4].map(|()| decision.fires(CrashPoint::BeforeCommit));
        assert_eq!(passes, [false, false, true, true]);
    }

    #[test]
    fn a_seed_repeats_the_same_decisions() {
        let settings = CrashSettings {
            probability: 0.5,
            ..at(CrashPoint::BeforeCommit)
        };
        let first = fired(&settings, 64);
        assert!(first.contains(&true) && first.contains(&false), "{first:?}");
        assert_eq!(first, fired(&settings, 64));
        assert_ne!(
            first,
            fired(
                &CrashSettings {
                    seed: Some(2),
                    ..settings
                },
                64
            )
        );
    }

    #[test]
    fn words_read_back() {
        for point in CrashPoint::ALL {
            assert_eq!(point.as_str().parse(), Ok(point));
        }
        assert_eq!("sometimes".parse::<CrashPoint>(), Err(()));
    }

    #[test]
    fn a_plan_that_is_off_lets_everything_pass() {
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

    /// The test starts its own binary again, which then is the process that crashes.
    #[test]
    fn a_crash_ends_the_process_with_137() {
        const CHILD: &str = "RUNTIME_TEST_CRASHES";
        if std::env::var_os(CHILD).is_some() {
            CrashPlan::new(&at(CrashPoint::AfterCommit)).reach(CrashPoint::AfterCommit);
            panic!("passed the crash point");
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::tests::a_crash_ends_the_process_with_137"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert_eq!(child.status.code(), Some(137), "{child:?}");
    }
}
