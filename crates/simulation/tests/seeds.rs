//! Simulated clusters, seed by seed; `cargo xtask simulate` does more of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::tally::Tally;
use simulation::{ROLLBACKS, Stage, Verdict, simulate};

/// Seeds that every change must pass.
const SEEDS: u64 = 500;

#[test]
fn five_hundred_clusters_under_fire_give_exact_results() {
    let (next, sum) = (AtomicU64::new(1), Mutex::new(Sum::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > SEEDS {
                return;
            }
            let report = simulate(seed, false).unwrap();
            let replay = format!("replay: cargo xtask simulate --seeds 1 --seed {seed} --story");
            match report.verdict {
                Verdict::Exact => {
                    let rollbacks = report.tally.of("rollbacks");
                    assert!(
                        rollbacks >= ROLLBACKS,
                        "seed {seed}: {rollbacks} rollbacks; {replay}"
                    );
                }
                Verdict::Failed(_) => sum.lock().unwrap().failed += 1,
                Verdict::Stalled(_) => sum.lock().unwrap().stalled += 1,
                Verdict::Violated(what) => panic!("seed {seed}: {what}; {replay}"),
            }
            sum.lock().unwrap().tally += &report.tally;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    sum.into_inner().unwrap().check();
}

/// What came of all seeds.
#[derive(Default)]
struct Sum {
    failed: u64,
    stalled: u64,
    tally: Tally,
}

impl Sum {
    /// The faults came everywhere, and most jobs were done all the same.
    fn check(&self) {
        let few = self.tally.of("jobs with few attempts");
        assert!(few > SEEDS / 25, "{few} jobs with few attempts");
        assert!(
            self.failed * 2 < few,
            "{} of {few} jobs with few attempts ran out of them",
            self.failed
        );
        let deserted = self.tally.of("clusters whose workers died for good");
        assert!(
            self.stalled * 2 > deserted && self.stalled > 0,
            "{} of {deserted} clusters without workers were ended",
            self.stalled
        );
        // A plan this small is handed over in one step: nothing comes in between.
        let stages = Stage::ALL.into_iter();
        for (_, rollbacks, kills) in stages.filter(|(stage, ..)| *stage != Stage::Planning) {
            for what in [rollbacks, kills] {
                assert!(self.tally.of(what) > 0, "no {what}");
            }
        }
    }
}

#[test]
fn a_seed_is_the_same_story_every_time() {
    for seed in [3, 14, 159] {
        let (first, second) = (simulate(seed, true).unwrap(), simulate(seed, true).unwrap());
        assert!(first.story.len() > 100);
        for (a, b) in first.story.iter().zip(&second.story) {
            assert_eq!(a, b, "seed {seed}");
        }
        assert_eq!(first, second);
    }
}
