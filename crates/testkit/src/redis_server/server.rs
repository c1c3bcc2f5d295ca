//! The server process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::ports;

/// Deadline for the first reply of a server, which usually takes 20 ms.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// Pause between two polls of a server that starts.
const PAUSE: Duration = Duration::from_millis(5);
/// Number of ports to try: another process may take a free port before the server does.
const ATTEMPTS: usize = 20;

/// A running `redis-server` on a loopback port, in a temporary folder. Dropping it kills the server.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: TempDir,
    wrapper: Vec<String>,
    arguments: Vec<String>,
    child: Mutex<Child>,
}

impl RedisServer {
    /// Starts an empty server that makes no snapshots unless requested.
    ///
    /// # Panics
    /// Panics if `redis-server` is missing or does not answer.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with additional arguments, such as `["--maxmemory", "10mb"]`.
    ///
    /// # Panics
    /// Panics like [`RedisServer::start`].
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_through(&[], arguments)
    }

    /// Starts a server through a wrapper command such as `["env", "TZ=UTC"]`. The wrapper must replace itself by the
    /// server, so that signals reach the server.
    ///
    /// # Panics
    /// Panics like [`RedisServer::start`].
    pub fn start_through(wrapper: &[&str], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owned = |words: &[&str]| words.iter().map(|&text| text.to_owned()).collect();
        let (wrapper, arguments): (Vec<String>, Vec<String>) = (owned(wrapper), owned(arguments));
        for _ in 0..ATTEMPTS {
            let port = ports::free();
            if let Some(child) = spawn(port, folder.path(), &wrapper, &arguments) {
                return Self {
                    port,
                    folder,
                    wrapper,
                    arguments,
                    child: Mutex::new(child),
                };
            }
        }
        panic!("cannot start redis-server: {}", log(folder.path()));
    }

    /// Returns `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns the server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the server's folder, which contains `dump.rdb` and `redis.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of the snapshot that [`RedisServer::restart`] loads.
    pub fn dump(&self) -> PathBuf {
        self.folder.path().join("dump.rdb")
    }

    /// Returns the id of the server's process.
    pub fn pid(&self) -> u32 {
        self.child().id()
    }

    /// Kills the server like a power cut (SIGKILL).
    pub fn kill(&self) {
        let mut child = self.child();
        child.kill().expect("our own child can be killed");
        child.wait().expect("a killed child ends");
    }

    /// Kills the server if it runs, and starts it with the data of its last snapshot.
    ///
    /// # Panics
    /// Panics if it does not answer in time.
    pub fn restart(&self) {
        self.kill();
        assert!(
            (0..ATTEMPTS).any(|_| self.start_again()),
            "cannot restart redis-server: {}",
            self.log()
        );
    }

    /// Starts a killed server, with one attempt. Returns whether it runs: a server ends if it refuses its files.
    ///
    /// # Panics
    /// Panics if the server neither answers nor ends in time.
    pub fn start_again(&self) -> bool {
        let child = spawn(
            self.port,
            self.folder.path(),
            &self.wrapper,
            &self.arguments,
        );
        let runs = child.is_some();
        if let Some(child) = child {
            *self.child() = child;
        }
        runs
    }

    /// Returns the server's log, over all of its starts.
    pub fn log(&self) -> String {
        log(self.folder.path())
    }

    /// Writes a snapshot and waits for its end.
    pub fn save(&self) {
        assert_eq!(self.cli(&["SAVE"]), "OK");
    }

    /// Runs a command with `redis-cli` and returns the trimmed output.
    ///
    /// # Panics
    /// Panics if `redis-cli` cannot be run.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| missing("redis-cli", &error));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let mut child = self.child();
        // An error means that it has ended.
        if child.kill().is_ok() {
            child.wait().ok();
        }
    }
}

/// Starts a server and waits for its first reply. Returns `None` if the server ends instead.
fn spawn(port: u16, folder: &Path, wrapper: &[String], arguments: &[String]) -> Option<Child> {
    let mut words = wrapper.iter().map(String::as_str).chain(["redis-server"]);
    let mut child = Command::new(words.next().expect("at least redis-server"))
        .args(words)
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .args(["--daemonize", "no", "--logfile", "redis.log", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| missing("redis-server", &error));
    for _ in 0..START_DEADLINE.as_millis() / PAUSE.as_millis() {
        if child
            .try_wait()
            .expect("our own child can be waited for")
            .is_some()
        {
            return None;
        }
        if answers(port, child.id()) {
            return Some(child);
        }
        thread::sleep(PAUSE);
    }
    child.kill().expect("our own child can be killed");
    child.wait().expect("a killed child ends");
    panic!(
        "redis-server does not answer on port {port}: {}",
        log(folder)
    );
}

/// Returns whether the server with this process id answers on `port` and has loaded its data. Another server may have
/// taken the port.
fn answers(port: u16, pid: u32) -> bool {
    let request = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\nINFO server\r\nQUIT\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let Ok(answer) = request() else { return false };
    // A server with a password replies with an error, which is enough.
    answer.contains("NOAUTH")
        || (answer.starts_with("+PONG") && answer.contains(&format!("process_id:{pid}\r\n")))
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("redis.log")).unwrap_or_else(|_| "no log".to_owned())
}

pub(super) fn missing(program: &str, error: &std::io::Error) -> ! {
    panic!(
        "cannot run {program}: {error}; install it with `apt-get install redis-server`, or run `cargo xtask test`, \
         which installs it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_restarts_with_its_snapshot_or_empty() {
        let redis = RedisServer::start_with(&["--maxmemory", "64mb"]);
        assert_eq!(
            redis.cli(&["CONFIG", "GET", "maxmemory"]),
            "maxmemory\n67108864"
        );
        redis.cli(&["SET", "saved", "1"]);
        redis.save();
        redis.cli(&["SET", "lost", "1"]);
        redis.restart();
        assert_eq!(redis.cli(&["KEYS", "*"]), "saved");
        redis.restart_empty();
        assert_eq!(redis.cli(&["DBSIZE"]), "0");
    }

    #[test]
    fn dropping_a_server_ends_it() {
        let redis = RedisServer::start();
        let port = redis.port();
        drop(redis);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
