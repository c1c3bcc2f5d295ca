//! A real `redis-server` for one test: it can be killed and started again, with or without its data.

mod ports;
mod return_of_data;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// How long a server may take to answer; it takes some 20 ms.
const START: Duration = Duration::from_secs(20);
/// Pause between two looks at a server that starts.
const PAUSE: Duration = Duration::from_millis(5);
/// Ports tried before giving up: another process may take a free port before the server does.
const PORTS: usize = 20;

/// A running `redis-server` on a loopback port, in a folder of its own. Killed on drop.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: TempDir,
    through: Vec<String>,
    extra: Vec<String>,
    child: Mutex<Child>,
}

impl RedisServer {
    /// Starts a server without data and without snapshots of its own accord.
    ///
    /// # Panics
    /// If there is no `redis-server` to start, or if it does not answer.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Like [`RedisServer::start`], with further arguments of `redis-server`, such as
    /// `["--maxmemory", "10mb"]`.
    ///
    /// # Panics
    /// Like [`RedisServer::start`].
    pub fn start_with(extra: &[&str]) -> Self {
        Self::start_through(&[], extra)
    }

    /// Like [`RedisServer::start_with`], behind words that run the command that follows them in their place, such as
    /// `["env", "TZ=UTC"]`.
    ///
    /// # Panics
    /// Like [`RedisServer::start`].
    pub fn start_through(through: &[&str], extra: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owned = |words: &[&str]| words.iter().map(|&text| text.to_owned()).collect();
        let (through, extra): (Vec<String>, Vec<String>) = (owned(through), owned(extra));
        for _ in 0..PORTS {
            let port = ports::free();
            if let Some(child) = spawn(port, folder.path(), &through, &extra) {
                return Self {
                    port,
                    folder,
                    through,
                    extra,
                    child: Mutex::new(child),
                };
            }
        }
        panic!("redis-server does not start: {}", log(folder.path()));
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's folder, which holds `dump.rdb` and `redis.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The snapshot that [`RedisServer::restart`] loads.
    pub fn dump(&self) -> PathBuf {
        self.folder.path().join("dump.rdb")
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child().id()
    }

    /// Ends the server as a power cut would (SIGKILL).
    pub fn kill(&self) {
        let mut child = self.child();
        child.kill().expect("our own child can be killed");
        child.wait().expect("a killed child ends");
    }

    /// Starts the server again, killing it first if it runs, with the data of its last snapshot.
    ///
    /// # Panics
    /// If it does not answer in time.
    pub fn restart(&self) {
        self.kill();
        if !(0..PORTS).any(|_| self.start_again()) {
            panic!("redis-server does not start again: {}", self.log());
        }
    }

    /// Starts a server that was killed again, once; answers whether it runs. It does not if it refuses its files.
    ///
    /// # Panics
    /// If it neither answers nor ends in time.
    pub fn start_again(&self) -> bool {
        let child = spawn(self.port, self.folder.path(), &self.through, &self.extra);
        let runs = child.is_some();
        if let Some(child) = child {
            *self.child() = child;
        }
        runs
    }

    /// What the server has logged so far, whenever it was started.
    pub fn log(&self) -> String {
        log(self.folder.path())
    }

    /// Writes a snapshot and waits for it.
    pub fn save(&self) {
        assert_eq!(self.cli(&["SAVE"]), "OK");
    }

    /// What `redis-cli` prints for a command, trimmed.
    ///
    /// # Panics
    /// If `redis-cli` cannot be run.
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
        // It may have ended already; nothing is to be done about anything else while dropping.
        if child.kill().is_ok() {
            child.wait().ok();
        }
    }
}

/// Starts a server and waits until it answers; `None` if it ends instead.
fn spawn(port: u16, folder: &Path, through: &[String], extra: &[String]) -> Option<Child> {
    let mut words = through.iter().map(String::as_str).chain(["redis-server"]);
    let mut child = Command::new(words.next().expect("there is a word at least"))
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
        .args(extra)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| missing("redis-server", &error));
    for _ in 0..START.as_millis() / PAUSE.as_millis() {
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

/// Whether a server that is done with loading answers on `port`, and is the one with this process id:
/// another may have taken the port.
fn answers(port: u16, pid: u32) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\nINFO server\r\nQUIT\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let Ok(answer) = ask() else { return false };
    // A server with a password says so instead; it answers.
    answer.contains("NOAUTH")
        || (answer.starts_with("+PONG") && answer.contains(&format!("process_id:{pid}\r\n")))
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("redis.log"))
        .unwrap_or_else(|_| "it wrote no log".to_owned())
}

fn missing(program: &str, error: &std::io::Error) -> ! {
    panic!(
        "{program} cannot be run ({error}); install it with `apt-get install redis-server`, or let \
         `cargo xtask test` do so"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_comes_back_with_its_snapshot_or_empty() {
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
    fn a_dropped_server_is_gone() {
        let redis = RedisServer::start();
        let port = redis.port();
        drop(redis);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
