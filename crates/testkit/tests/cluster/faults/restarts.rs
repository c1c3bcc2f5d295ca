//! Redis that comes back, over and over, or older than it was.

use testkit::{DEADLINE, eventually};

use super::await_more;
use crate::{assert_ends_well, hurry, long_books};

/// Row 16.
#[test]
fn a_job_is_exact_after_twenty_deaths_of_redis() {
    let cluster = long_books().set("checkpoint.interval", "100ms").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(1);
    // Without one Redis would come back empty, and there would be no job to look at.
    eventually(DEADLINE, "there is a snapshot", || {
        cluster.redis().dump().exists()
    });
    for _ in 0..20 {
        cluster.redis().restart();
        await_more(&cluster, 1);
    }
    assert_eq!(cluster.state(), "MAP");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    // Each restart is done here; how many of them a busy master notices is another matter.
    master.assert_log("the store restarted");
}

/// A library of ours as another version would have it.
const OLDER: &str = "#!lua name=mapreduce1\n\
    redis.register_function('mr1_version', function() return 'older' end)";

/// Row 17.
#[test]
fn a_library_that_a_rollback_made_older_is_replaced_while_the_job_runs() {
    let cluster = long_books().start();
    let version = || -> String { cluster.ask(&["FCALL", "mr1_version", "0"]) };
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    let ours = version();
    // Both in one step, so that nobody mends it before it is saved.
    let mut change = redis::pipe();
    change.atomic();
    change.cmd("FUNCTION").arg("LOAD").arg("REPLACE").arg(OLDER);
    let mut connection = redis::Client::open(cluster.redis().url())
        .and_then(|client| client.get_connection())
        .expect("a connection");
    let replaced: Vec<String> = change.query(&mut connection).expect("a library");
    assert_eq!(replaced, ["mapreduce1"]);
    cluster.redis().save();
    eventually(DEADLINE, "the library is ours again", || version() == ours);
    await_more(&cluster, 5);
    cluster.redis().restart();
    eventually(DEADLINE, "it is ours after the rollback too", || {
        cluster
            .try_ask(&["FCALL", "mr1_version", "0"])
            .is_ok_and(|found: String| found == ours)
    });
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
