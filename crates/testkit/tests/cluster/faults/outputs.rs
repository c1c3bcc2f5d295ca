//! Disks that take no output, and outputs and keys of an earlier job.

use std::fs;

use testkit::{Cluster, Config, Data, Process, Tokenizer};

use crate::{assert_ends_well, books};

/// Starts a master whose output goes to a disk of its own, made by `mount` at `$0`. When the master has ended, what is
/// on that disk is listed behind its log, between brackets, with the exit code.
fn master_on(cluster: &Cluster, mount: &str) -> Process {
    let folder = cluster.folder().join("disk");
    fs::create_dir(&folder).expect("a folder for the disk");
    let script = format!(
        "{mount} || exit 99; \"$1\"; code=$?; echo \"[disk: $(ls -A \"$0\") code: $code]\"; exit $code"
    );
    let folder = folder.to_string_lossy().into_owned();
    let mut words = vec!["unshare", "--mount"];
    if !nix::unistd::geteuid().is_root() {
        words.push("--map-root-user");
    }
    words.extend(["sh", "-c", &script, &folder]);
    let output = format!("{folder}/results.json");
    cluster.start_through(&words, "master", &[("job.output", &output)])
}

/// The master ends with 73 and names the output, and nothing is left on the disk.
fn assert_cannot_write(mut master: Process) {
    let code = master.exit();
    let log = master.log();
    assert_ne!(
        code, 99,
        "no disk can be mounted here; run as root, or let users make namespaces \
         (sysctl kernel.unprivileged_userns_clone=1):\n{log}"
    );
    assert_eq!(code, 73, "{log}");
    let error = log.lines().find(|line| line.starts_with("error: "));
    let error = error.unwrap_or_else(|| panic!("no error:\n{log}"));
    assert!(
        error.contains("disk/") && error.contains("job.output"),
        "{error}"
    );
    assert!(log.contains("[disk:  code: 73]"), "{log}");
}

/// Row 27: the result is larger than what is free.
#[test]
fn an_output_disk_that_is_full_ends_the_job_and_keeps_no_part_of_the_result() {
    let cluster = books().start();
    let _workers = cluster.workers(2);
    let master = master_on(&cluster, "mount -t tmpfs -o size=16k none \"$0\"");
    assert_cannot_write(master);
}

#[test]
fn an_output_disk_that_is_read_only_is_refused_before_the_work() {
    let cluster = books().start();
    let mount = "mount -t tmpfs -o size=16k none \"$0\" && mount -o remount,ro \"$0\"";
    let master = master_on(&cluster, mount);
    assert_cannot_write(master);
    assert!(cluster.jobs().is_empty(), "work was begun");
}

/// Row 28: a job of this id is there and done, over other input.
#[test]
fn what_an_earlier_job_of_this_id_counted_is_not_taken_for_this_job() {
    let cluster = books().set("job.id", "mine").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let before = fs::read(cluster.output()).expect("a result");
    let other = Data::books(Tokenizer::Words).copied();
    fs::write(&other.files()[0], "one word\n").expect("other input");
    let input = other.input.to_string_lossy().into_owned();
    let mut second = cluster.master_with(&[("job.input", &input)]);
    assert_eq!(second.exit(), 1);
    second.assert_log("the job id mine is taken by another plan");
    assert_eq!(fs::read(cluster.output()).expect("a result"), before);
}

/// Row 28: keys of this id that belong to no job, as a restore by hand may leave them.
#[test]
fn keys_that_are_there_before_the_job_are_named_and_not_counted() {
    let cluster = books().set("job.id", "mine").live().start();
    let counts = "mr:{mine}:counts";
    let _: u64 = cluster.ask(&["ZADD", counts, "5", "the"]);
    let _workers = cluster.workers(1);
    let mut master = cluster.master();
    assert_ne!(master.exit(), 0);
    master.assert_log(counts);
    cluster.assert_no_output();
}

/// Row 28: a result of other input is where the output goes.
#[test]
fn a_stale_result_is_replaced_as_a_whole() {
    let cluster = Config::new(Data::books(Tokenizer::Words)).start();
    fs::write(cluster.output(), "stale\n".repeat(1 << 20)).expect("a stale result");
    fs::write(cluster.folder().join(".results.json.tmp"), "stale").expect("a stale file");
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!cluster.folder().join(".results.json.tmp").exists());
}
