//! The decision to crash, without the crash.

use fastrand::Rng;

use crate::settings::{CrashPoint, CrashSettings};

/// Decides at which visit of a crash point the process crashes.
#[derive(Debug, Clone)]
pub struct CrashDecision {
    at: CrashPoint,
    skip: u32,
    probability: f64,
    rng: Rng,
}

impl CrashDecision {
    /// Creates the decision; `None` if `settings` name no point. Without `crash.seed` the seed is random.
    pub fn new(settings: &CrashSettings) -> Option<Self> {
        Some(Self {
            at: settings.at?,
            skip: settings.skip,
            probability: settings.probability,
            rng: settings.seed.map_or_else(Rng::new, Rng::with_seed),
        })
    }

    /// Counts a visit of `point`. Returns `true` if the process must crash there.
    pub fn fires(&mut self, point: CrashPoint) -> bool {
        if point != self.at {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        // The random number is below 1, so a probability of 1 always fires.
        self.rng.f64() < self.probability
    }
}

#[cfg(test)]
mod tests {
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
    fn only_the_point_of_the_settings_fires() {
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
    fn passes_of_other_points_are_not_counted_as_skipped() {
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
    fn crashes_are_as_frequent_as_the_probability() {
        let crashes = |probability| {
            let settings = CrashSettings {
                probability,
                ..at(CrashPoint::BeforeCommit)
            };
            let fired = fired(&settings, 10_000);
            fired.into_iter().filter(|fired| *fired).count()
        };
        assert_eq!(crashes(0.0), 0);
        assert_eq!(crashes(1.0), 10_000);
        assert!((2_300..2_700).contains(&crashes(0.25)));
    }
}
