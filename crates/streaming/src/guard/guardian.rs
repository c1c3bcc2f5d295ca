//! The work of a guard process.

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

use super::descendants;
use super::protocol::{EXIT_UNABLE, TERMINATE};

/// Number that shells add to a signal in an exit code.
const SIGNAL_OFFSET: i32 = 128;

/// Polls for the end of killed processes, five seconds in total. Only a process that waits for a broken disk, or that
/// belongs to another user, still exists then.
const POLL: Duration = Duration::from_millis(5);
const POLLS: u32 = 1000;

/// Arguments of a guard.
struct Arguments {
    parent: Option<Pid>,
    folder: OsString,
    command: OsString,
}

/// Runs the command of `arguments`, which `GuardProgram::command` has written, and kills its remaining
/// processes. Returns the exit code of the command: 128 and the number of the signal if one ended it, as in shells.
pub(super) fn guard(arguments: Vec<OsString>) -> i32 {
    let Some(arguments) = parse(arguments) else {
        return report("invalid arguments; only a worker can start a guard");
    };
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => report(&format!("cannot run /bin/sh: {error}")),
    }
}

/// Reports an error to the worker, which reads the command's stderr.
#[expect(clippy::print_stderr, reason = "stderr is what the worker reads")]
fn report(error: &str) -> i32 {
    eprintln!("the guard process failed: {error}");
    EXIT_UNABLE
}

fn parse(arguments: Vec<OsString>) -> Option<Arguments> {
    let [parent, folder, command] = <[_; 3]>::try_from(arguments).ok()?;
    let parent = parent.to_str()?.parse().ok()?;
    Some(Arguments {
        // Compared with the present parent. A test for parent 1 would fail in a container, where the worker may be
        // process 1.
        parent: Pid::from_raw(parent),
        folder,
        command,
    })
}

fn run(arguments: &Arguments) -> io::Result<i32> {
    let ending = Arc::new(AtomicBool::new(false));
    handle_signals(Arc::clone(&ending))?;
    adopt_orphans(arguments.parent)?;
    let orphaned = || rustix::process::getppid() != arguments.parent;
    let code = match orphaned() || ending.load(Ordering::SeqCst) {
        true => SIGNAL_OFFSET + SIGTERM,
        false => watch(&arguments.command, &ending)?,
    };
    if !kill_remaining() {
        report("cannot kill all processes that the command started");
    }
    if orphaned() {
        // The worker is dead and cannot delete the folder. It may have deleted a part of it.
        let _deleted = std::fs::remove_dir_all(&arguments.folder);
    }
    Ok(code)
}

/// Starts a thread that kills all descendants when the worker terminates the guard; [`watch`] ends then. Other signals
/// are ignored: a script may end with `kill 0`, which also reaches the guard.
fn handle_signals(ending: Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = Signals::new([SIGUSR1, SIGTERM, SIGINT, SIGHUP])?;
    let killer = move || {
        for signal in signals.forever() {
            if signal == SIGUSR1 {
                ending.store(true, Ordering::SeqCst);
                descendants::kill_all();
            }
        }
    };
    std::thread::Builder::new().spawn(killer)?;
    Ok(())
}

/// Requests a signal at the death of the parent, and adopts orphans.
#[cfg(target_os = "linux")]
fn adopt_orphans(_parent: Option<Pid>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(TERMINATE))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Polls for the parent's death. Only Linux can adopt orphans.
#[cfg(not(target_os = "linux"))]
fn adopt_orphans(parent: Option<Pid>) -> io::Result<()> {
    let watcher = move || {
        while rustix::process::getppid() == parent {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _sent = rustix::process::kill_process(rustix::process::getpid(), TERMINATE);
    };
    std::thread::Builder::new().spawn(watcher)?;
    Ok(())
}

/// Runs the command and waits for its end.
fn watch(command: &OsStr, ending: &AtomicBool) -> io::Result<i32> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    if cfg!(not(target_os = "linux")) {
        shell.process_group(0);
    }
    let child = Pid::from_child(&shell.spawn()?);
    // If the guard kept the read end open, the worker would not notice that a mapper closes its stdin.
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    if ending.load(Ordering::SeqCst) {
        descendants::kill_all();
    }
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => {
                if cfg!(not(target_os = "linux")) {
                    // Other orphans are not found without adoption.
                    let _sent = rustix::process::kill_process_group(child, Signal::KILL);
                }
                return Ok(exit_code(status));
            }
            // The process was an adopted orphan.
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn exit_code(status: WaitStatus) -> i32 {
    let signal = status.terminating_signal();
    let signalled = signal.map(|signal| SIGNAL_OFFSET + signal);
    status.exit_status().or(signalled).unwrap_or(EXIT_UNABLE)
}

/// Kills the remaining processes of the command. Returns `true` if no process is left.
fn kill_remaining() -> bool {
    for _ in 0..POLLS {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                // There are no children. Orphans would be children.
                Err(_) => return true,
            }
        }
        descendants::kill_all();
        std::thread::sleep(POLL);
    }
    false
}
