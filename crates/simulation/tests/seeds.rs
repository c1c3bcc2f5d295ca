//! Simulated clusters, seed by seed; `cargo xtask simulate` does more of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::{ROLLBACKS, Verdict, simulate};

/// Seeds that every change must pass.
const SEEDS: u64 = 500;

#[test]
fn five_hundred_clusters_under_fire_give_exact_results() {
    let (next, failed) = (AtomicU64::new(1), Mutex::new(0));
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
                Verdict::Failed(_) => *failed.lock().unwrap() += 1,
                Verdict::Violated(what) => panic!("seed {seed}: {what}; {replay}"),
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed < SEEDS / 10,
        "{failed} of {SEEDS} jobs failed for want of attempts"
    );
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
