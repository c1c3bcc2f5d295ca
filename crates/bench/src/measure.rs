//! Wall time, CPU time and peak memory of a command.
//!
//! The operating system reports the CPU time of all ended children together, and the peak memory of the largest one. So
//! each command runs below its own process: the hidden subcommand `measure` of `cargo xtask`, which has no other child
//! and writes the figures to a file. The measuring process holds a pipe to it. If the measuring process dies, the pipe
//! closes and the command is killed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;

use devtools::workspace::describe;

/// Arguments of the hidden subcommand `measure`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File for the figures
    #[arg(long)]
    report: PathBuf,
    /// Kill the command when the standard input ends
    #[arg(long)]
    held: bool,
    /// Command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Resources that a command used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Wall time.
    pub wall: Duration,
    /// User and system time of the command and of its children.
    pub cpu: Duration,
    /// Peak resident set in bytes.
    pub peak: u64,
}

/// Number of bytes at the end of the log that the error of a failed command contains.
const TAIL: usize = 2000;

/// A running, measured command. It is killed on drop.
#[derive(Debug)]
pub struct Measuring {
    name: String,
    process: Child,
    /// Pipe that keeps the command alive.
    hold: Option<ChildStdin>,
    report: tempfile::NamedTempFile,
    log: PathBuf,
}

impl Measuring {
    /// Starts `program` with `args`. Its output goes to the file `log`.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(program: &Path, args: &[&str], log: &Path) -> anyhow::Result<Self> {
        let report = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
        // The link points to this program even if cargo has replaced the file meanwhile.
        let link = Path::new("/proc/self/exe");
        let this = if link.exists() {
            link.to_path_buf()
        } else {
            std::env::current_exe().context("cannot find the path of this program")?
        };
        let output =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(this);
        command.args(["measure", "--held", "--report"]);
        command.arg(report.path()).arg("--").arg(program).args(args);
        command.stdin(Stdio::piped()).stdout(output.try_clone()?);
        let mut process = command
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start `{}`", describe(&command)))?;
        Ok(Self {
            name: program.display().to_string(),
            hold: process.stdin.take(),
            process,
            report,
            log: log.to_path_buf(),
        })
    }

    /// Returns whether the command has ended.
    ///
    /// # Errors
    /// The command failed. The error contains the end of its log.
    pub fn ended(&mut self) -> anyhow::Result<bool> {
        match self.process.try_wait()? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(_) => {
                let log = fs::read(&self.log).unwrap_or_default();
                let tail = &log[log.len().saturating_sub(TAIL)..];
                bail!(
                    "{} failed:\n{}",
                    self.name,
                    String::from_utf8_lossy(tail).trim_end()
                )
            }
        }
    }

    /// Waits for the end of the command and returns its resources.
    ///
    /// # Errors
    /// As [`Measuring::ended`].
    pub fn end(mut self) -> anyhow::Result<Usage> {
        self.process.wait()?;
        self.ended()?;
        let text = fs::read_to_string(self.report.path()).context("cannot read the figures")?;
        Usage::parse(&text).with_context(|| format!("cannot parse the figures {text:?}"))
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        self.hold = None;
        // An error means that the command has already ended.
        self.process.wait().ok();
    }
}

/// Runs `program` with `args` and measures it.
///
/// # Errors
/// The program cannot be started or fails.
pub fn measure(program: &Path, args: &[&str], log: &Path) -> anyhow::Result<Usage> {
    Measuring::start(program, args, log)?.end()
}

/// Runs the subcommand: runs the command and writes its figures.
///
/// # Errors
/// The command cannot be started or fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (program, rest) = args
        .command
        .split_first()
        .context("no command to measure")?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    if args.held {
        let id = Pid::from_raw(i32::try_from(child.id()).context("the process id is too large")?);
        std::thread::spawn(move || {
            // No data is ever sent, so this returns when the other end is closed.
            io::stdin().read_to_end(&mut Vec::new()).ok();
            kill(id, Signal::SIGKILL).ok();
        });
    }
    let status = child.wait().context("cannot wait for the command")?;
    let wall = start.elapsed();
    ensure!(status.success(), "{}: {status}", args.command.join(" "));
    let children =
        getrusage(UsageWho::RUSAGE_CHILDREN).context("cannot read the used resources")?;
    let usage = Usage {
        wall,
        cpu: duration(children.user_time()) + duration(children.system_time()),
        peak: children.max_rss().unsigned_abs() * RSS_UNIT,
    };
    fs::write(&args.report, usage.text())
        .with_context(|| format!("cannot write {}", args.report.display()))
}

/// Unit of the resident set in bytes. Linux and the BSDs count in KiB, macOS in bytes.
const RSS_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

fn duration(time: TimeVal) -> Duration {
    Duration::from_secs(time.tv_sec().unsigned_abs())
        + Duration::from_micros(time.tv_usec().unsigned_abs())
}

impl Usage {
    fn text(&self) -> String {
        let (wall, cpu) = (self.wall.as_micros(), self.cpu.as_micros());
        format!("{wall} {cpu} {}", self.peak)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let usage = Self {
            wall: Duration::from_micros(numbers.next()?.ok()?),
            cpu: Duration::from_micros(numbers.next()?.ok()?),
            peak: numbers.next()?.ok()?,
        };
        numbers.next().is_none().then_some(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_survive_a_round_trip_through_text() {
        let usage = Usage {
            wall: Duration::from_micros(1_234_567),
            cpu: Duration::from_micros(2_000_001),
            peak: 512 << 20,
        };
        assert_eq!(Usage::parse(&usage.text()), Some(usage));
        assert_eq!(Usage::parse("1 2"), None);
    }

    #[test]
    fn a_command_is_measured_and_its_failure_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("report");
        let args = |line: &[&str]| Args {
            report: report.clone(),
            held: false,
            command: line.iter().map(|&word| word.to_owned()).collect(),
        };
        // The shell counts in order to use some CPU time.
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        run(&args(&["sh", "-c", busy])).unwrap();
        let usage = Usage::parse(&fs::read_to_string(&report).unwrap()).unwrap();
        assert!(
            usage.wall > Duration::ZERO && usage.cpu > Duration::ZERO,
            "{usage:?}"
        );
        assert!(usage.peak > 100_000, "{usage:?}");

        let error = run(&args(&["sh", "-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }
}
