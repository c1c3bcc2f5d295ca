//! Simulations of many seeds; `cargo xtask simulate` runs more of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::tally::Tally;
use simulation::{ROLLBACKS, Stage, Verdict, simulate};

/// Number of seeds that every change must pass.
const SEEDS: u64 = 500;

#[test]
fn five_hundred_simulated_clusters_give_exact_results() {
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
                    let rollbacks = report.tally.get("rollbacks");
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

/// Results of all seeds.
#[derive(Default)]
struct Sum {
    failed: u64,
    stalled: u64,
    tally: Tally,
}

impl Sum {
    /// Checks that all faults occurred in all stages and that most jobs finished in spite of them.
    fn check(&self) {
        let few = self.tally.get("jobs with few attempts");
        assert!(few > SEEDS / 25, "{few} jobs with few attempts");
        assert!(
            self.failed * 2 < few,
            "{} of {few} jobs with few attempts ran out of them",
            self.failed
        );
        let deserted = self.tally.get("clusters whose workers died for good");
        assert!(
            self.stalled * 2 > deserted && self.stalled > 0,
            "{} of {deserted} clusters without workers ended",
            self.stalled
        );
        // A plan of this size is added in one call, so no fault can occur while planning.
        let stages = Stage::ALL.into_iter();
        for (_, rollbacks, kills) in stages.filter(|(stage, ..)| *stage != Stage::Planning) {
            for what in [rollbacks, kills] {
                assert!(self.tally.get(what) > 0, "no {what}");
            }
        }
    }
}

#[test]
fn a_seed_always_gives_the_same_trace() {
    for seed in [3, 14, 159] {
        let (first, second) = (simulate(seed, true).unwrap(), simulate(seed, true).unwrap());
        assert!(first.trace.len() > 100);
        for (a, b) in first.trace.iter().zip(&second.trace) {
            assert_eq!(a, b, "seed {seed}");
        }
        assert_eq!(first, second);
    }
}
