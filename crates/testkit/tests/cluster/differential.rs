//! The table jobs on random tables, compared with an oracle in Python.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use testkit::differential::{Case, Cases};
use testkit::{Cluster, Config, Data, Tokenizer};

/// Runs a case with a master and a worker in a database of Redis. The worker takes any job there.
fn check(cluster: &Cluster, database: usize, case: &Case) -> Result<(), String> {
    let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    let url = format!("{}/{database}", cluster.redis().url().trim_end_matches('/'));
    let settings = [("redis.url", &*url)];
    // A job without input ends without a worker, which the end of this function stops.
    let _worker = cluster.start("worker", &args, &settings);
    let mut master = cluster.start("master", &args, &settings);
    let exit = master.exit();
    case.verdict(Some(exit), &master.log())
}

#[test]
fn random_tables_give_the_results_of_the_oracle() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential-cluster");
    let cases = Cases::write(&root, 1000..1035);
    let cluster = Config::new(Data::books(Tokenizer::Words).unchecked()).start();
    let (cluster, cases) = (&cluster, &cases);
    let next = &AtomicUsize::new(0);
    let failures = |database: usize| {
        let mut failures = Vec::new();
        while let Some(case) = cases.all().get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(check(cluster, database, case).err());
        }
        failures
    };
    let failures = thread::scope(|scope| {
        let threads = [0, 1, 2].map(|database| scope.spawn(move || failures(database)));
        threads
            .map(|thread| thread.join().expect("a thread ends"))
            .concat()
    });
    Cases::assert(&failures);
}
