//! A guard's life.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::{END, UNABLE, descendants};

/// What a shell adds to the number of a signal.
const SIGNALLED: i32 = 128;

/// How long to wait for what was killed, and how often to look: only a process that waits for a broken disk, or
/// that belongs to another user, is still there then.
const LOOK: Duration = Duration::from_millis(5);
const LOOKS: u32 = 1000;

/// What a guard is told.
struct Orders {
    parent: Option<Pid>,
    folder: OsString,
    command: OsString,
}

/// Runs the command of `arguments`, which [`super::Program`] has written, and kills what it leaves; answers the
/// exit code: the command's, or, as shells do, 128 and the signal that ended it.
pub(super) fn keep(arguments: Vec<OsString>) -> i32 {
    let Some(orders) = orders(arguments) else {
        return complain("its arguments are not a worker's");
    };
    match run(&orders) {
        Ok(code) => code,
        Err(error) => complain(&format!("/bin/sh cannot be run: {error}")),
    }
}

/// Tells the worker, which reads the command's stderr.
#[expect(clippy::print_stderr, reason = "stderr is what the worker reads")]
fn complain(what: &str) -> i32 {
    eprintln!("the guard of a command: {what}");
    UNABLE
}

fn orders(arguments: Vec<OsString>) -> Option<Orders> {
    let [parent, folder, command] = <[_; 3]>::try_from(arguments).ok()?;
    let parent = parent.to_str()?.parse().ok()?;
    Some(Orders {
        // A worker in a container may be process 1, so it is no sign of an orphan.
        parent: Pid::from_raw(parent),
        folder,
        command,
    })
}

fn run(orders: &Orders) -> io::Result<i32> {
    let ending = Arc::new(AtomicBool::new(false));
    listen(Arc::clone(&ending))?;
    adopt(orders.parent)?;
    let orphaned = || rustix::process::getppid() != orders.parent;
    let code = match orphaned() || ending.load(Ordering::SeqCst) {
        true => SIGNALLED + SIGTERM,
        false => watch(&orders.command, &ending)?,
    };
    if !kill_the_rest() {
        complain("some of the processes that it started cannot be killed");
    }
    if orphaned() {
        // Nobody else will. A part of it may be gone already.
        let _gone = std::fs::remove_dir_all(&orders.folder);
    }
    Ok(code)
}

/// When it is to end, kills all that it knows of; [`watch`] does the rest. A script may end with `kill 0`, which
/// means its own processes and reaches the guard too: that is not an order.
fn listen(ending: Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = Signals::new([SIGUSR1, SIGTERM, SIGINT, SIGHUP])?;
    let killer = move || {
        for signal in signals.forever() {
            if signal == SIGUSR1 {
                ending.store(true, Ordering::SeqCst);
                descendants::kill();
            }
        }
    };
    std::thread::Builder::new().spawn(killer)?;
    Ok(())
}

/// Asks to be told of the parent's death, and for orphans.
#[cfg(target_os = "linux")]
fn adopt(_parent: Option<Pid>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(END))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Asks now and then whether the parent is alive; orphans are lost elsewhere.
#[cfg(not(target_os = "linux"))]
fn adopt(parent: Option<Pid>) -> io::Result<()> {
    let watcher = move || {
        while rustix::process::getppid() == parent {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _gone = rustix::process::kill_process(rustix::process::getpid(), END);
    };
    std::thread::Builder::new().spawn(watcher)?;
    Ok(())
}

/// Runs the command to its end.
fn watch(command: &OsStr, ending: &AtomicBool) -> io::Result<i32> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    if cfg!(not(target_os = "linux")) {
        shell.process_group(0);
    }
    let child = Pid::from_child(&shell.spawn()?);
    // A mapper that closes its stdin is to be noticed.
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    if ending.load(Ordering::SeqCst) {
        descendants::kill();
    }
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => {
                if cfg!(not(target_os = "linux")) {
                    // Without subreapers, at least these.
                    let _gone = rustix::process::kill_process_group(child, Signal::KILL);
                }
                return Ok(exit_code(status));
            }
            // An orphan.
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn exit_code(status: WaitStatus) -> i32 {
    let signal = status.terminating_signal();
    let signalled = signal.map(|signal| SIGNALLED + signal);
    status.exit_status().or(signalled).unwrap_or(UNABLE)
}

/// Kills what the command has left behind; whether nothing is left.
fn kill_the_rest() -> bool {
    for _ in 0..LOOKS {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                // No children: orphans would be.
                Err(_) => return true,
            }
        }
        descendants::kill();
        std::thread::sleep(LOOK);
    }
    false
}
