//! Nothing that a command has started outlives its attempt.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use crate::support::Trial;

/// Starts processes that would stay: in the background, in a session of its own, and a daemon. Each
/// writes its number to a file first.
const STAY: &str = r#"
here="$MARKS"
(echo x >"$here/$(sh -c 'echo $PPID')"; exec sleep 1000) &
setsid sh -c 'echo x >"'"$here"'/$$"; exec sleep 1000' </dev/null >/dev/null 2>&1 &
setsid sh -c '(setsid sh -c "echo x >'"$here"'/\$\$; exec sleep 1000" &)' </dev/null >/dev/null 2>&1
while [ "$(ls "$here" | wc -l)" -lt 3 ]; do :; done
"#;

/// The processes that [`STAY`] has started, once all are there.
fn started(marks: &Path) -> Vec<PathBuf> {
    loop {
        let names = marks
            .read_dir()
            .unwrap()
            .map(|mark| mark.unwrap().file_name());
        let found: Vec<_> = names.map(|name| Path::new("/proc").join(name)).collect();
        if found.len() == 3 {
            return found;
        }
        std::thread::yield_now();
    }
}

/// Whether it runs: what was killed and is not yet waited for does not.
fn runs(process: &Path) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

fn trial(command: &str) -> (Trial, PathBuf) {
    let marks = tempfile::tempdir().unwrap().keep();
    let given = marks.to_str().unwrap();
    let params = [("mapper", command), ("env.MARKS", given), ("timeout", "1m")];
    (Trial::new(&params, &["x\n"]), marks)
}

fn check_all_gone(marks: &Path) {
    let left: Vec<_> = started(marks)
        .into_iter()
        .filter(|process| runs(process))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
    std::fs::remove_dir_all(marks).unwrap();
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    let (trial, marks) = trial(STAY);
    trial.run().unwrap();
    check_all_gone(&marks);
}

#[test]
fn a_failed_command_leaves_nothing_behind() {
    let (trial, marks) = trial(&format!("{STAY} exit 1"));
    trial.run().unwrap_err();
    check_all_gone(&marks);
}

#[test]
fn a_cancelled_attempt_leaves_nothing_behind() {
    let (trial, marks) = trial(&format!("{STAY} sleep 1000"));
    let cancelled = trial.cancelled.clone();
    let canceller = {
        let marks = marks.clone();
        std::thread::spawn(move || {
            started(&marks);
            cancelled.store(true, Ordering::Relaxed);
        })
    };
    let failure = trial.run().unwrap_err();
    assert_eq!(failure.text, "stopped");
    canceller.join().unwrap();
    check_all_gone(&marks);
}

#[test]
fn a_script_may_kill_its_group() {
    let (trial, marks) = trial(&format!("trap 'trap - TERM; kill 0' EXIT; {STAY} exit 0"));
    let failure = trial.run().unwrap_err();
    assert!(failure.text.contains("signal 15"), "{}", failure.text);
    check_all_gone(&marks);
}

#[test]
fn one_that_kills_its_guard_is_told_so() {
    let (trial, marks) = trial("kill -9 $PPID; sleep 1000");
    let failure = trial.run().unwrap_err();
    assert!(failure.text.contains("watches over"), "{}", failure.text);
    std::fs::remove_dir_all(marks).unwrap();
}

#[test]
fn what_a_command_leaves_without_a_guard_and_without_pipes_is_killed() {
    let leave = r#"echo x >"$MARKS/$$"; kill -9 $PPID; exec sleep 1000 <&- >&- 2>&-"#;
    let (trial, marks) = trial(leave);
    trial.run().unwrap_err();
    let mark = marks.read_dir().unwrap().next().unwrap().unwrap();
    let process = Path::new("/proc").join(mark.file_name());
    // What is killed takes a moment to go; what is not would be there for a quarter of an hour.
    let gone = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        !runs(&process)
    });
    assert!(gone, "{} runs", process.display());
    std::fs::remove_dir_all(marks).unwrap();
}

/// A worker in a process of its own.
fn worker(marks: &Path, temporary: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_streaming-guard"))
        .arg(format!("{STAY} sleep 1000"))
        .arg(temporary)
        .env("MARKS", marks)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_outlives_a_worker_that_is_killed() {
    let marks = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut worker = worker(marks.path(), temporary.path());
    let processes = started(marks.path());
    assert!(processes.iter().all(|process| runs(process)));
    // SIGKILL.
    worker.kill().unwrap();
    worker.wait().unwrap();
    while processes.iter().any(|process| runs(process)) {
        std::thread::yield_now();
    }
    while temporary.path().read_dir().unwrap().count() > 0 {
        std::thread::yield_now();
    }
}
