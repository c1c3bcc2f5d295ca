//! Other ways back than with the last snapshot: empty, with an older snapshot, with a torn log.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{RedisServer, missing};

/// The folder of the log of writes, with `--appendonly yes`.
const LOG_FOLDER: &str = "appendonlydir";

impl RedisServer {
    /// Starts the server again without any data, functions included.
    ///
    /// # Panics
    /// Like [`RedisServer::restart`].
    pub fn restart_empty(&self) {
        self.kill();
        absent_or(fs::remove_file(self.dump()), "removing the snapshot");
        let log = self.folder().join(LOG_FOLDER);
        absent_or(fs::remove_dir_all(log), "removing the log of writes");
        self.restart();
    }

    /// Starts the server again with a copy of a snapshot that was kept.
    ///
    /// # Panics
    /// Like [`RedisServer::restart`], and if the file cannot be copied.
    pub fn restart_from(&self, snapshot: &Path) {
        self.kill();
        fs::copy(snapshot, self.dump()).expect("a kept snapshot can be put back");
        self.restart();
    }

    /// Starts the server again, as after a power cut that took the last bytes of the log of writes
    /// (`--appendonly yes`) and the repair of the log by `redis-check-aof`; says how many bytes were there to be
    /// taken.
    ///
    /// Without the repair, a Redis 7.0 whose log ends within a command of a transaction leaves the beginning of the
    /// transaction in the log, and the start after the next one runs it together with the transaction behind it.
    ///
    /// # Panics
    /// Like [`RedisServer::restart`], and if there is no log that could be cut, or nothing that repairs it.
    pub fn restart_torn(&self, bytes: u64) -> u64 {
        self.kill();
        let path = self.log_of_writes().expect("a server with a log of writes");
        let log = File::options().write(true).open(&path);
        let log = log.expect("the log of writes can be opened");
        let length = log.metadata().expect("an open file has a length").len();
        let torn = bytes.min(length);
        let left = length - torn;
        // Nothing is wrong with an empty log, but the tool refuses it; so it does one without a whole command.
        if left < FIRST {
            log.set_len(0).expect("a file can be cut");
        } else {
            log.set_len(left).expect("a file can be cut");
            repair(&path);
        }
        self.restart();
        torn
    }

    /// The file that writes are appended to.
    fn log_of_writes(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.folder().join(LOG_FOLDER)).ok()?;
        let logs = files.filter_map(|file| Some(file.ok()?.path()));
        logs.filter(|path| path.to_string_lossy().ends_with(".incr.aof"))
            .max()
    }
}

/// Length of the first command of any log of writes, `SELECT 0`.
const FIRST: u64 = 23;

/// Cuts a log of writes back to its last whole transaction.
fn repair(log: &Path) {
    // The tool of Redis 7.0 takes a log in which any line begins with "file", such as a word, for a list of logs.
    let list = log.with_file_name("appendonly.aof.manifest");
    let mut tool = Command::new("redis-check-aof")
        .arg("--fix")
        .arg(list)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| missing("redis-check-aof", &error));
    if let Some(mut question) = tool.stdin.take() {
        // A log that ends with a whole transaction raises no question, and nobody reads the answer.
        question.write_all(b"y\n").ok();
    }
    let output = tool
        .wait_with_output()
        .expect("our own child can be waited for");
    assert!(
        output.status.success(),
        "{} is not repaired: {}",
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
    fn an_older_snapshot_brings_older_data_back() {
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
    fn a_torn_log_loses_the_last_write_and_no_other() {
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
    fn half_a_transaction_is_not_run_by_any_later_start() {
        let redis = RedisServer::start_with(&["--appendonly", "yes"]);
        redis.cli(&["EVAL", "for i = 1, 9 do redis.call('SET', i, i) end", "0"]);
        redis.restart_torn(60);
        assert_eq!(redis.cli(&["DBSIZE"]), "0");
        redis.cli(&["EVAL", "for i = 1, 2 do redis.call('INCR', 'n') end", "0"]);
        redis.restart();
        assert_eq!(redis.cli(&["KEYS", "*"]), "n");
    }
}
