//! Restarts with other data than the last snapshot: without data, with an older snapshot, with a torn log.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::server::{RedisServer, missing};

/// Folder of the append-only file, with `--appendonly yes`.
const AOF_FOLDER: &str = "appendonlydir";

impl RedisServer {
    /// Restarts the server without data and functions.
    ///
    /// # Panics
    /// Panics like [`RedisServer::restart`].
    pub fn restart_empty(&self) {
        self.kill();
        absent_or(fs::remove_file(self.dump()), "cannot remove the snapshot");
        let log = self.folder().join(AOF_FOLDER);
        absent_or(
            fs::remove_dir_all(log),
            "cannot remove the append-only file",
        );
        self.restart();
    }

    /// Restarts the server with a copy of an older snapshot.
    ///
    /// # Panics
    /// Panics like [`RedisServer::restart`], and if the file cannot be copied.
    pub fn restart_from(&self, snapshot: &Path) {
        self.kill();
        fs::copy(snapshot, self.dump()).expect("the snapshot can be copied");
        self.restart();
    }

    /// Restarts the server as after a power cut that lost the last `bytes` of the append-only file
    /// (`--appendonly yes`), and a repair with `redis-check-aof`. Returns the number of lost bytes, which is
    /// lower for a shorter file.
    ///
    /// The repair is necessary. If the file of a Redis 7.0 ends within a transaction, the server leaves the
    /// transaction's beginning in the file. The start after the next one then runs it together with the
    /// following transaction.
    ///
    /// # Panics
    /// Panics like [`RedisServer::restart`], and if the file or the repair tool is missing.
    pub fn restart_torn(&self, bytes: u64) -> u64 {
        self.kill();
        let path = self
            .append_only_file()
            .expect("a server with an append-only file");
        let log = File::options().write(true).open(&path);
        let log = log.expect("the append-only file can be opened");
        let length = log.metadata().expect("an open file has a length").len();
        let torn = bytes.min(length);
        let left = length - torn;
        // The tool refuses a file without a whole command. Redis accepts an empty one.
        if left < FIRST_COMMAND {
            log.set_len(0).expect("a file can be truncated");
        } else {
            log.set_len(left).expect("a file can be truncated");
            repair(&path);
        }
        self.restart();
        torn
    }

    /// Returns the path of the file that the server appends writes to.
    fn append_only_file(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.folder().join(AOF_FOLDER)).ok()?;
        let logs = files.filter_map(|file| Some(file.ok()?.path()));
        logs.filter(|path| path.to_string_lossy().ends_with(".incr.aof"))
            .max()
    }
}

/// Length of the first command of each append-only file, `SELECT 0`.
const FIRST_COMMAND: u64 = 23;

/// Truncates an append-only file to its last whole transaction.
fn repair(log: &Path) {
    // Given the file itself, the tool of Redis 7.0 takes it for a manifest if a line of it begins with "file". A
    // counted word may be such a line.
    let manifest = log.with_file_name("appendonly.aof.manifest");
    let mut tool = Command::new("redis-check-aof")
        .arg("--fix")
        .arg(manifest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| missing("redis-check-aof", &error));
    if let Some(mut question) = tool.stdin.take() {
        // The tool does not ask about a file that ends with a whole transaction, and then does not read the answer.
        question.write_all(b"y\n").ok();
    }
    let output = tool.wait_with_output().expect("a child can be waited for");
    assert!(
        output.status.success(),
        "cannot repair {}: {}",
        log.display(),
        String::from_utf8_lossy(&output.stdout)
    );
}

fn absent_or(result: io::Result<()>, what: &str) {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{what}: {error}"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_snapshot_restores_older_data() {
        let redis = RedisServer::start();
        redis.cli(&["SET", "first", "1"]);
        redis.save();
        let kept = redis.folder().join("kept.rdb");
        fs::copy(redis.dump(), &kept).unwrap();
        redis.cli(&["SET", "second", "1"]);
        redis.save();
        redis.restart_from(&kept);
        assert_eq!(redis.cli(&["KEYS", "*"]), "first");
    }

    #[test]
    fn a_torn_log_loses_only_the_last_write() {
        let redis = RedisServer::start_with(&["--appendonly", "yes"]);
        redis.cli(&["SET", "first", "1"]);
        redis.cli(&["SET", "second", "1"]);
        redis.restart();
        assert_eq!(redis.cli(&["DBSIZE"]), "2");
        assert_eq!(redis.restart_torn(3), 3);
        assert_eq!(redis.cli(&["KEYS", "*"]), "first");
        redis.restart_torn(u64::MAX);
        assert_eq!(redis.cli(&["DBSIZE"]), "0");
        redis.cli(&["SET", "third", "1"]);
        redis.restart_empty();
        assert_eq!(redis.cli(&["DBSIZE"]), "0");
    }

    #[test]
    fn a_restart_never_executes_half_a_transaction() {
        let redis = RedisServer::start_with(&["--appendonly", "yes"]);
        redis.cli(&["EVAL", "for i = 1, 9 do redis.call('SET', i, i) end", "0"]);
        redis.restart_torn(60);
        assert_eq!(redis.cli(&["DBSIZE"]), "0");
        redis.cli(&["EVAL", "for i = 1, 2 do redis.call('INCR', 'n') end", "0"]);
        redis.restart();
        assert_eq!(redis.cli(&["KEYS", "*"]), "n");
    }
}
