//! A real `redis-server` on a free loopback port, with its snapshots in a folder.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long a server may take from its start to the first answer; a snapshot of some MB loads in less.
const START: Duration = Duration::from_secs(10);

/// How long one answer may take.
const REPLY: Duration = Duration::from_secs(2);

/// A server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Redis {
    folder: PathBuf,
    port: u16,
    /// None while it is down.
    child: Option<Child>,
}

impl Redis {
    /// Starts a server whose files lie in `folder`, and waits until it answers.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut redis = Self {
            folder: folder.to_path_buf(),
            port: free_port()?,
            child: None,
        };
        redis.start_again(false)?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn is_down(&self) -> bool {
        self.child.is_none()
    }

    /// Ends it at once, by SIGKILL; what was written since the last snapshot is lost.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Errors mean that it has ended already, which is what was wanted.
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// Starts it on the same port, from its last snapshot or, if `empty`, with nothing.
    pub(crate) fn start_again(&mut self, empty: bool) -> anyhow::Result<()> {
        self.kill();
        if empty {
            remove_if_there(&self.folder.join("dump.rdb"))?;
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("redis.log"));
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &port])
            .args(["--appendonly", "no", "--maxmemory-policy", "noeviction"])
            // The master asks for snapshots; this save point only says that they matter.
            .args(["--save", "3600 1"])
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.context("cannot write redis.log")?);
        self.child = Some(
            command
                .spawn()
                .context("cannot start redis-server; see `cargo xtask test`")?,
        );
        self.wait_for_answer()
    }

    /// Connections of others, one line each, as CLIENT LIST describes them.
    pub(crate) fn clients(&self) -> io::Result<Vec<String>> {
        let text = self.ask("CLIENT LIST")?;
        let others = text
            .lines()
            .filter(|line| !line.contains("cmd=client|list"));
        Ok(others
            .filter(|line| line.contains("addr="))
            .map(str::to_owned)
            .collect())
    }

    fn wait_for_answer(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        loop {
            // While it loads a snapshot it answers with an error.
            if self.ask("PING").is_ok_and(|reply| reply == "PONG") {
                return Ok(());
            }
            if let Some(status) = self
                .child
                .as_mut()
                .map(Child::try_wait)
                .transpose()?
                .flatten()
            {
                bail!(
                    "redis-server ended at its start ({status}); see {}",
                    self.folder.display()
                );
            }
            if Instant::now() > deadline {
                bail!("redis-server does not answer on port {}", self.port);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends one command on a connection of its own; answers a status or a bulk string.
    fn ask(&self, command: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(REPLY))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        read_reply(&mut BufReader::new(stream))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads `+status` or `$length` and so many bytes; anything else is an error.
fn read_reply(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    if let Some(status) = line.strip_prefix('+') {
        return Ok(status.to_owned());
    }
    let length = line
        .strip_prefix('$')
        .and_then(|length| length.parse().ok());
    let Some(length) = length else {
        return Err(io::Error::other(format!("unexpected reply {line:?}")));
    };
    let mut text = String::new();
    reader.take(length).read_to_string(&mut text)?;
    Ok(text)
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// A port that nobody listens on; another process may still take it before the server does.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_statuses_or_bulk_strings() {
        let read = |mut bytes: &[u8]| read_reply(&mut bytes).map_err(|error| error.to_string());
        assert_eq!(read(b"+PONG\r\n"), Ok("PONG".to_owned()));
        assert_eq!(read(b"$5\r\na\r\nbc\r\n"), Ok("a\r\nbc".to_owned()));
        let loading = read(b"-LOADING Redis is loading\r\n").unwrap_err();
        assert!(loading.contains("LOADING"), "{loading}");
    }

    #[test]
    fn a_killed_server_comes_back_with_its_snapshot_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Redis::start(folder.path()).unwrap();
        assert_eq!(redis.ask("SET key saved").unwrap(), "OK");
        assert_eq!(redis.ask("SAVE").unwrap(), "OK");
        assert_eq!(redis.ask("SET key lost").unwrap(), "OK");
        redis.kill();
        assert!(redis.is_down() && redis.ask("PING").is_err());
        redis.start_again(false).unwrap();
        assert_eq!(redis.ask("GET key").unwrap(), "saved");
        redis.start_again(true).unwrap();
        assert!(redis.ask("GET key").is_err(), "an empty server has no key");
        assert!(redis.clients().unwrap().is_empty());
    }
}
