//! Output disks that cannot be written, and outputs and keys of an earlier job (rows 27 and 28).

use std::fs;
use std::process::Command;

use testkit::{Cluster, Config, Data, Process, Tokenizer};

use crate::support::{assert_ends_well, books};

/// Returns the command that mounts a disk for its children only, if this user may run it.
///
/// Root may. An ordinary user needs a system that allows unprivileged user namespaces; the test is skipped otherwise.
fn private_mounts() -> Option<Vec<&'static str>> {
    let mut unshare = vec!["unshare", "--mount"];
    if !nix::unistd::geteuid().is_root() {
        unshare.push("--map-root-user");
    }
    let output = Command::new(unshare[0])
        .args(&unshare[1..])
        .args(["sh", "-c", "mount -t tmpfs -o size=16k none /tmp"])
        .output()
        .expect("unshare can be run; install it with `apt-get install util-linux`");
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        testkit::skip(&format!(
            "this user cannot mount a disk ({}); run as root, or allow user namespaces \
             (sysctl kernel.unprivileged_userns_clone=1)",
            complaint.trim()
        ));
        return None;
    }
    Some(unshare)
}

/// Starts a master whose output goes to a separate disk, which the shell command `mount` mounts at `$0`. When the
/// master has ended, its log gets a line with the files on that disk and the exit code, in brackets.
fn master_on(cluster: &Cluster, unshare: &[&str], mount: &str) -> Process {
    let folder = cluster.folder().join("disk");
    fs::create_dir(&folder).expect("a folder for the disk");
    let script = format!(
        "{mount} || exit; \"$1\"; code=$?; echo \"[disk: $(ls -A \"$0\") code: $code]\"; exit $code"
    );
    let folder = folder.to_string_lossy().into_owned();
    let wrapper = [unshare, &["sh", "-c", &script, &folder]].concat();
    let output = format!("{folder}/results.json");
    cluster.start_through(&wrapper, "master", &[("job.output", &output)])
}

/// Checks that the master exits with 73, names the output, and leaves no file on the disk.
fn assert_cannot_write(mut master: Process) {
    let code = master.exit();
    let log = master.log();
    assert_eq!(code, 73, "{log}");
    let error = log.lines().find(|line| line.starts_with("error: "));
    let error = error.unwrap_or_else(|| panic!("no error:\n{log}"));
    assert!(
        error.contains("disk/") && error.contains("job.output"),
        "{error}"
    );
    assert!(log.contains("[disk:  code: 73]"), "{log}");
}

/// Row 27: the result is larger than the free space.
#[test]
fn a_full_output_disk_ends_the_job_and_keeps_no_part_of_the_result() {
    let Some(unshare) = private_mounts() else {
        return;
    };
    let cluster = books().start();
    let _workers = cluster.workers(2);
    let master = master_on(&cluster, &unshare, "mount -t tmpfs -o size=16k none \"$0\"");
    assert_cannot_write(master);
}

#[test]
fn a_read_only_output_disk_is_refused_before_the_job_starts() {
    let Some(unshare) = private_mounts() else {
        return;
    };
    let cluster = books().start();
    // Not a remount: an ordinary user's mount cannot be remounted.
    let mount = "mount -t tmpfs -o ro,size=16k none \"$0\"";
    let master = master_on(&cluster, &unshare, mount);
    assert_cannot_write(master);
    assert!(cluster.jobs().is_empty(), "the job has started");
}

/// Row 28: a completed job over other input has the same id.
#[test]
fn a_job_does_not_reuse_the_counts_of_an_earlier_job_with_its_id() {
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

/// Row 28: keys of this id belong to no job. A manual restore may leave them.
#[test]
fn keys_from_before_the_job_are_named_and_not_counted() {
    let cluster = books().set("job.id", "mine").live().start();
    let counts = "mr:{mine}:counts";
    let _: u64 = cluster.query(&["ZADD", counts, "5", "the"]);
    let _workers = cluster.workers(1);
    let mut master = cluster.master();
    assert_ne!(master.exit(), 0);
    master.assert_log(counts);
    cluster.assert_no_output();
}

/// Row 28: the output path holds a result of other input.
#[test]
fn a_stale_result_is_replaced_completely() {
    let cluster = Config::new(Data::books(Tokenizer::Words)).start();
    fs::write(cluster.output(), "stale\n".repeat(1 << 20)).expect("a stale result");
    fs::write(cluster.folder().join(".results.json.tmp"), "stale").expect("a stale file");
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!cluster.folder().join(".results.json.tmp").exists());
}
