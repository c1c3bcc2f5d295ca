//! Slow workers, and tasks that kill their workers.

use std::fs;

use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use crate::support::{assert_ends_well, books};

/// Row 6: only the first commit of a task counts. `stragglers` tests that a slow worker does not delay the others.
#[test]
fn a_worker_that_is_ten_times_slower_counts_nothing_twice() {
    let cluster = books().set("worker.slots", "1").start();
    let mut workers: Vec<Process> = ["200ms", "20ms", "20ms"]
        .iter()
        .map(|slow| cluster.worker_with(&[("worker.slow", slow)]))
        .collect();
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    let commits = |worker: &Process| worker.log().matches("reply=Committed").count() as u64;
    assert_eq!(workers.iter().map(commits).sum::<u64>(), cluster.total());
    assert!(
        commits(&workers[0]) > 0,
        "the slow worker committed no task"
    );
}

/// Starts a cluster over the books, one of which has a line `poison` in its middle. Returns the name of that file.
fn poisoned() -> (Cluster, String) {
    let data = Data::books(Tokenizer::Words).copied().unchecked();
    let file = data.files().swap_remove(1);
    let text = fs::read(&file).expect("a book can be read");
    let middle = text.len() / 2;
    let cut = middle
        + text[middle..]
            .iter()
            .position(|&byte| byte == b'\n')
            .expect("a line")
        + 1;
    fs::write(&file, [&text[..cut], b"poison\n", &text[cut..]].concat()).expect("a copy");
    let cluster = Config::new(data)
        .set("input.split_size", "256KiB")
        .set("worker.max_attempts", "3")
        .start();
    let name = file.file_name().expect("a file has a name");
    (cluster, name.to_string_lossy().into_owned())
}

/// Row 7: the job's code fails at a record in every attempt.
#[test]
fn a_record_that_fails_every_attempt_fails_the_job_by_its_file_and_line() {
    let (cluster, file) = poisoned();
    let mapper = "--mapper=awk '/^poison$/ { exit 9 } { print $1 }'";
    let mut master = cluster.start("master", &[mapper, "--reducer=cat"], &[]);
    let mut workers = cluster.workers(2);
    assert_eq!(master.exit(), 1);
    for part in ["error: job ", &file, "line ", "poison"] {
        master.assert_log(part);
    }
    cluster.assert_no_output();
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
}

/// Replaces dead workers, like a supervisor, until the master ends. Returns the number of dead workers and the last
/// worker.
fn replace_until_the_end(
    master: &mut Process,
    start: impl Fn() -> Process,
    code: i32,
) -> (usize, Process) {
    let (mut worker, mut died) = (start(), 0);
    eventually(DEADLINE, "the master ends", || {
        if worker.ended().is_some_and(|ended| ended == code) {
            died += 1;
            worker = start();
        }
        master.ended().is_some()
    });
    (died, worker)
}

/// Checks that the job failed after three attempts. They count although every worker died before it could report a
/// failure.
fn assert_failed(cluster: &Cluster, mut master: Process, died: usize) {
    assert_eq!(master.exit(), 1);
    for part in [
        "error: job ",
        "was attempted 3 times",
        "worker.max_attempts=3",
    ] {
        master.assert_log(part);
    }
    assert_eq!(died, 3);
    cluster.assert_no_output();
}

/// Row 7: a record kills each worker that reads it.
#[test]
fn a_record_that_kills_every_worker_fails_the_job_after_the_last_attempt() {
    let (cluster, _) = poisoned();
    // The shell's parent is the guard of the command, and the guard's parent is the worker. The program has no
    // backslashes, because mawk and gawk interpret unknown escapes differently.
    let mapper = "--mapper=awk -v guard=$PPID '/^poison$/ { system(\"kill -9 $(grep PPid: /proc/\" guard \"/status | tr -dc 0-9)\") } { print $1 }'";
    let mut master = cluster.start("master", &[mapper, "--reducer=cat"], &[]);
    // A backup attempt would die too, and count as another attempt.
    let settings = [("worker.slots", "1"), ("worker.backups", "false")];
    let start = || cluster.worker_with(&settings);
    let (died, _worker) = replace_until_the_end(&mut master, start, 137);
    assert_failed(&cluster, master, died);
}

/// Row 8: a task needs more memory than a worker may use, because of a large record without a limit.
#[test]
fn a_task_that_exceeds_the_memory_of_workers_fails_the_job_with_that_cause() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("small.txt"), "a few words\n").expect("a file");
    fs::write(folder.path().join("vast.txt"), "word ".repeat(10 << 20)).expect("a file");
    let data = Data::books(Tokenizer::Words).unchecked().in_folder(folder);
    let cluster = Config::new(data)
        .set("input.max_record", "1GiB")
        .set("worker.max_attempts", "3")
        .set("worker.backups", "false")
        .set("worker.slots", "1")
        .start();
    let mut master = cluster.master();
    // This limit of the data segment, in KiB, suffices for all but the large record. A process that exceeds it aborts.
    // Stacks of threads count too, so the number of threads must not depend on the machine.
    let wrapper = [
        "env",
        "TOKIO_WORKER_THREADS=2",
        "sh",
        "-c",
        "ulimit -c 0; ulimit -d 32768; exec \"$0\"",
    ];
    let start = || cluster.start_through(&wrapper, "worker", &[]);
    let (died, _worker) = replace_until_the_end(&mut master, start, 134);
    master.assert_log("logs and memory");
    assert_failed(&cluster, master, died);
}
