//! No process that a command has started outlives its attempt.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use testkit::{DEADLINE, eventually};

use crate::support::Trial;

/// Starts three processes that do not end: one in the background, one in another session, and a daemon. Each of
/// them first creates a file that is named by its id. The command goes on when all three files exist.
const START_ORPHANS: &str = r#"
here="$MARKS"
(echo x >"$here/$(sh -c 'echo $PPID')"; exec sleep 1000) &
setsid sh -c 'echo x >"'"$here"'/$$"; exec sleep 1000' </dev/null >/dev/null 2>&1 &
setsid sh -c '(setsid sh -c "echo x >'"$here"'/\$\$; exec sleep 1000" &)' </dev/null >/dev/null 2>&1
while [ "$(ls "$here" | wc -l)" -lt 3 ]; do sleep 0.01; done
"#;

/// Waits until [`START_ORPHANS`] has started all of its processes. Returns their folders in `/proc`.
fn await_orphans(marks: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    eventually(DEADLINE, "the command starts three processes", || {
        let names = marks
            .read_dir()
            .unwrap()
            .map(|mark| mark.unwrap().file_name());
        found = names.map(|name| Path::new("/proc").join(name)).collect();
        found.len() == 3
    });
    found
}

/// Returns whether the process runs. A killed process whose parent has not waited for it yet does not run.
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

fn check_all_ended(marks: &Path) {
    let left: Vec<_> = await_orphans(marks)
        .into_iter()
        .filter(|process| runs(process))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
    std::fs::remove_dir_all(marks).unwrap();
}

#[test]
fn processes_of_a_command_end_with_it() {
    let (trial, marks) = trial(START_ORPHANS);
    trial.run().unwrap();
    check_all_ended(&marks);
}

#[test]
fn processes_of_a_failed_command_end_with_it() {
    let (trial, marks) = trial(&format!("{START_ORPHANS} exit 1"));
    trial.run().unwrap_err();
    check_all_ended(&marks);
}

#[test]
fn processes_of_a_cancelled_attempt_end_with_it() {
    let (trial, marks) = trial(&format!("{START_ORPHANS} sleep 1000"));
    let cancelled = trial.cancelled.clone();
    let canceller = {
        let marks = marks.clone();
        std::thread::spawn(move || {
            await_orphans(&marks);
            cancelled.store(true, Ordering::Relaxed);
        })
    };
    let failure = trial.run().unwrap_err();
    assert_eq!(failure.text, "the attempt was cancelled");
    canceller.join().unwrap();
    check_all_ended(&marks);
}

#[test]
fn processes_of_a_script_that_kills_its_process_group_end_with_it() {
    let (trial, marks) = trial(&format!(
        "trap 'trap - TERM; kill 0' EXIT; {START_ORPHANS} exit 0"
    ));
    let failure = trial.run().unwrap_err();
    assert!(failure.text.contains("signal 15"), "{}", failure.text);
    check_all_ended(&marks);
}

#[test]
fn a_command_that_kills_its_guard_fails_with_that_cause() {
    let (trial, marks) = trial("kill -9 $PPID; sleep 1000");
    let failure = trial.run().unwrap_err();
    assert!(failure.text.contains("guard process"), "{}", failure.text);
    std::fs::remove_dir_all(marks).unwrap();
}

#[test]
fn a_command_that_kills_its_guard_and_closes_its_pipes_is_killed() {
    let leave = r#"echo x >"$MARKS/$$"; kill -9 $PPID; exec sleep 1000 <&- >&- 2>&-"#;
    let (trial, marks) = trial(leave);
    trial.run().unwrap_err();
    let mark = marks.read_dir().unwrap().next().unwrap().unwrap();
    let process = Path::new("/proc").join(mark.file_name());
    eventually(DEADLINE, "the command ends", || !runs(&process));
    std::fs::remove_dir_all(marks).unwrap();
}

/// Starts a process that runs the command as a worker does.
fn worker(marks: &Path, temporary: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_streaming-guard"))
        .arg(format!("{START_ORPHANS} sleep 1000"))
        .arg(temporary)
        .env("MARKS", marks)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn processes_and_folders_of_a_command_end_with_a_killed_worker() {
    let marks = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut worker = worker(marks.path(), temporary.path());
    let processes = await_orphans(marks.path());
    assert!(processes.iter().all(|process| runs(process)));
    // `kill` sends SIGKILL, so the worker cannot clean up.
    worker.kill().unwrap();
    worker.wait().unwrap();
    eventually(DEADLINE, "the command's processes end", || {
        !processes.iter().any(|process| runs(process))
    });
    eventually(DEADLINE, "the command's folder is removed", || {
        temporary.path().read_dir().unwrap().count() == 0
    });
}
