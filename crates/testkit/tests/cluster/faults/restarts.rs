//! A Redis that restarts repeatedly, or returns with an older library.

use testkit::{DEADLINE, eventually};

use super::progress::await_more;
use crate::support::{assert_ends_well, hurry, long_books};

/// Row 16: Redis is killed twenty times.
#[test]
fn a_job_is_exact_after_redis_was_killed_twenty_times() {
    let cluster = long_books().set("checkpoint.interval", "100ms").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(1);
    // Without a snapshot, Redis would restart empty and have no job to check.
    eventually(DEADLINE, "a snapshot exists", || {
        cluster.redis().dump().exists()
    });
    for _ in 0..20 {
        cluster.redis().restart();
        await_more(&cluster, 1);
    }
    assert_eq!(cluster.state(), "MAP");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    // A busy master may not notice each of the restarts.
    master.assert_log("the store restarted");
}

/// Function library of another version.
const OLDER: &str = "#!lua name=mapreduce1\n\
    redis.register_function('mr1_version', function() return 'older' end)";

/// Row 17: a rollback restores an older library.
#[test]
fn an_older_library_from_a_rollback_is_replaced_while_the_job_runs() {
    let cluster = long_books().start();
    let version = || -> String { cluster.query(&["FCALL", "mr1_version", "0"]) };
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    let ours = version();
    // The snapshot follows at once, before a process replaces the library.
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
    eventually(DEADLINE, "the library is ours after the rollback", || {
        cluster
            .try_query(&["FCALL", "mr1_version", "0"])
            .is_ok_and(|found: String| found == ours)
    });
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
