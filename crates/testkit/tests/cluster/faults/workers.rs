//! Workers that are slow, and tasks that kill them.

use std::fs;

use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use crate::{assert_ends_well, books};

/// Row 6. That others are not held up is shown elsewhere: here, that whoever comes first is counted, and nobody else.
#[test]
fn a_worker_ten_times_slower_than_others_counts_nothing_twice() {
    let cluster = books().set("worker.slots", "1").start();
    let mut workers: Vec<Process> = ["200ms", "20ms", "20ms"]
        .iter()
        .map(|slow| cluster.worker_with(&[("worker.slow", slow)]))
        .collect();
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    let commits = |worker: &Process| worker.log().matches("reply=Committed").count() as u64;
    assert_eq!(workers.iter().map(commits).sum::<u64>(), cluster.total());
    assert!(commits(&workers[0]) > 0, "the slow one did nothing");
}

/// A cluster for streaming jobs over the books, one of which has a line `poison` in its middle.
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

/// Row 7: a record at which the job's code fails, every time.
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

/// Starts a worker again and again, as an operator would have it, until the master has given up. Answers how many died.
fn replace_until_the_end(
    master: &mut Process,
    start: impl Fn() -> Process,
    code: i32,
) -> (usize, Process) {
    let (mut worker, mut died) = (start(), 0);
    eventually(DEADLINE, "the job is given up", || {
        if worker.ended().is_some_and(|ended| ended == code) {
            died += 1;
            worker = start();
        }
        master.ended().is_some()
    });
    (died, worker)
}

/// No worker lives to tell that it failed, which counts all the same.
fn assert_given_up(cluster: &Cluster, mut master: Process, died: usize) {
    assert_eq!(master.exit(), 1);
    for part in [
        "error: job ",
        "was attempted 3 times",
        "worker.max_attempts is 3",
    ] {
        master.assert_log(part);
    }
    assert_eq!(died, 3);
    cluster.assert_no_output();
}

/// Row 7: a record that kills whoever looks at it.
#[test]
fn a_record_that_kills_every_worker_is_given_up_after_the_last_attempt() {
    let (cluster, _) = poisoned();
    // The parent of the shell is the guard of the command, and its parent is the worker.
    let mapper = "--mapper=awk -v guard=$PPID '/^poison$/ { system(\"kill -9 $(cut -d\\  -f4 /proc/\" guard \"/stat)\") } { print $1 }'";
    let mut master = cluster.start("master", &[mapper, "--reducer=cat"], &[]);
    // A backup would die as well, and be counted by itself.
    let settings = [("worker.slots", "1"), ("worker.backups", "false")];
    let start = || cluster.worker_with(&settings);
    let (died, _worker) = replace_until_the_end(&mut master, start, 137);
    assert_given_up(&cluster, master, died);
}

/// Row 8: a task that takes more memory than a worker may have. It is the size of a record that no setting bounds here.
#[test]
fn a_task_that_takes_more_memory_than_workers_have_is_given_up_and_memory_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("small.txt"), "a few words\n").expect("a file");
    fs::write(folder.path().join("vast.txt"), "word ".repeat(10 << 20)).expect("a file");
    let data = Data::books(Tokenizer::Words).unchecked().as_in(folder);
    let cluster = Config::new(data)
        .set("input.max_record", "1GiB")
        .set("worker.max_attempts", "3")
        .set("worker.backups", "false")
        .set("worker.slots", "1")
        .start();
    let mut master = cluster.master();
    // Memory for data, in KiB: enough for all but the vast record. Who gets no more aborts.
    // Stacks of threads count as well, and there is a thread for each core unless somebody says how many.
    let limit = [
        "env",
        "TOKIO_WORKER_THREADS=2",
        "sh",
        "-c",
        "ulimit -c 0; ulimit -d 32768; exec \"$0\"",
    ];
    let start = || cluster.start_through(&limit, "worker", &[]);
    let (died, _worker) = replace_until_the_end(&mut master, start, 134);
    master.assert_log("lack of memory");
    assert_given_up(&cluster, master, died);
}
