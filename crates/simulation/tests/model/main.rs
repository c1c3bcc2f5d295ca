//! The model of Redis replies like a real server to random sequences of commands.

mod random_commands;
mod replies;

use fastrand::Rng;
use redis::{Commands, Connection};
use simulation::redis::{Refusal, Reply, Server};
use testkit::RedisServer;

use random_commands::{PLAN, RandomCommands, keys};
use replies::{comparable, real};

/// Number of commands in a sequence.
const STEPS: usize = 300;
/// Number of sequences.
const SEQUENCES: u64 = 40;

/// Sends a command to the server and the model and returns both replies.
fn send(server: &mut Connection, model: &mut Server, words: &[String]) -> (Reply, Reply) {
    let mut command = redis::cmd(&words[0]);
    command.arg(&words[1..]);
    let theirs = real(command.query(server));
    let bytes: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    let ours = model.execute(&bytes);
    (comparable(words, theirs), comparable(words, ours))
}

/// Sends random commands to both, then the commands `look`, and compares the replies.
///
/// Returns all replies with their commands.
fn run_sequences(
    mut draw: impl FnMut(&mut RandomCommands) -> Vec<String>,
    look: &[Vec<String>],
) -> Vec<String> {
    let server = RedisServer::start();
    let mut connection = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let library = store::redis::library_text();
    let load = ["FUNCTION", "LOAD", "REPLACE", &library].map(str::to_owned);
    let mut seen = Vec::new();
    for seed in 0..SEQUENCES {
        connection.flushall::<()>().unwrap();
        let (mut model, mut commands, mut trace) = (
            Server::new("x"),
            RandomCommands(Rng::with_seed(seed)),
            Vec::new(),
        );
        assert_eq!(
            send(&mut connection, &mut model, &load).0,
            Reply::text("mapreduce1")
        );
        send(&mut connection, &mut model, &load);
        for step in 0..STEPS {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap();
            model.set_clock(now.as_millis() as u64);
            let words = draw(&mut commands);
            let (theirs, ours) = send(&mut connection, &mut model, &words);
            trace.push(format!("{} -> {}", words.join(" "), theirs.shown()));
            assert_eq!(
                ours,
                theirs,
                "seed {seed}, step {step}: {:#?}",
                &trace[step.saturating_sub(12)..]
            );
            seen.push(format!("{} {}", words[1], theirs.shown()));
        }
        for words in look {
            let (theirs, ours) = send(&mut connection, &mut model, words);
            assert_eq!(ours, theirs, "seed {seed}, at the end: {}", words.join(" "));
        }
    }
    seen
}

fn command(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_model_replies_to_plain_commands_like_redis() {
    let look = [
        command(&["HGETALL", "hash"]),
        command(&["ZRANGE", "zset", "0", "-1", "WITHSCORES"]),
        command(&["XRANGE", "stream", "-", "+"]),
        command(&["XPENDING", "stream", "workers", "-", "+", "99"]),
        command(&["XINFO", "GROUPS", "stream"]),
        command(&["GET", "text"]),
    ];
    run_sequences(RandomCommands::plain, &look);
}

#[test]
fn the_library_replies_in_the_model_as_in_redis() {
    let keys = keys();
    let mut look = vec![
        command(&[
            "HMGET", &keys[0], "plan", "state", "next", "gen", "sum", "beats",
        ]),
        command(&["XRANGE", &keys[1], "-", "+"]),
        command(&["XPENDING", &keys[1], "workers", "-", "+", "99"]),
        command(&["XINFO", "GROUPS", &keys[1]]),
        command(&["ZRANGE", &keys[6], "0", "-1", "WITHSCORES"]),
    ];
    look.extend([2, 3, 4, 5].map(|at: usize| command(&["HGETALL", &keys[at]])));
    let seen = run_sequences(RandomCommands::step, &look);
    // The random commands reach all these replies.
    for wanted in [
        "mr1_commit [OK]",
        "mr1_commit [DUP]",
        "mr1_fail [RETRY]",
        "mr1_fail [DEAD]",
        "mr1_fail [STALE]",
        "mr1_reopen [REOPENED]",
        "mr1_finish [DONE]",
        "mr1_plan [COMPLETE]",
        "mr1_plan [PLAN_MISMATCH",
        "mr1_backup DUE",
        "mr1_renew [OK 1]",
        "mr1_renew [OK 0]",
        "mr1_abandon [OK]",
        "mr1_abandon [NOPLAN]",
        "mr1_retire [OK]",
        "mr1_retire [STATE",
        "mr1_permitted [OK]",
        "mr1_commit [STATE FAILED]",
    ] {
        assert!(
            seen.iter().any(|line| line.starts_with(wanted)),
            "no reply starts with {wanted}"
        );
    }
}

#[test]
fn the_model_trims_streams_like_redis() {
    let (_server, mut connection, mut model) = both();
    for nth in 1..=700 {
        let id = format!("0-{nth}");
        let add = command(&["XADD", "s", "MAXLEN", "~", "150", &id, "a", "b"]);
        for words in [add, command(&["XLEN", "s"])] {
            let (theirs, ours) = send(&mut connection, &mut model, &words);
            assert_eq!(ours, theirs, "{}", words.join(" "));
        }
    }
}

/// Commands that a server without memory executes or rejects.
const WITHOUT_MEMORY: [&str; 32] = [
    "GET text",
    "GETRANGE text 0 1",
    "EXISTS text",
    "TYPE text",
    "PTTL text",
    "HGET hash a",
    "HMGET hash a b",
    "HGETALL hash",
    "HKEYS hash",
    "HVALS hash",
    "HLEN hash",
    "HEXISTS hash a",
    "ZRANGE zset 0 -1",
    "ZREVRANGE zset 0 -1",
    "ZCARD zset",
    "XLEN stream",
    "PING",
    "SET text b",
    "SET other b PX 1000",
    "HSET hash b c",
    "HSETNX hash c d",
    "HINCRBY hash n 1",
    "ZADD zset 2 b",
    "ZINCRBY zset 2 b",
    "XADD stream 1-1 a b",
    "XGROUP CREATE stream workers 0 MKSTREAM",
    "PEXPIRE text 100000",
    "PEXPIREAT text 4102444800000",
    "HDEL hash a",
    "ZREM zset a",
    "DEL text",
    "UNLINK other",
];

fn split(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn without_memory_the_model_rejects_the_same_commands_as_redis() {
    let (_server, mut connection, mut model) = both();
    let keys = keys();
    let count = keys.len().to_string();
    let call = |name: &str, args: &[&str]| {
        let mut words = command(&["FCALL", name, &count]);
        words.extend(keys.iter().cloned());
        words.extend(command(args));
        words
    };
    let before = [
        call(
            "mr1_plan",
            &[PLAN, "2", "2", "spec", "owner", "2", "0", "p0", "p1"],
        ),
        command(&["SET", "text", "a"]),
        command(&["HSET", "hash", "a", "b"]),
        command(&["ZADD", "zset", "1", "a"]),
    ];
    for words in before {
        let (theirs, ours) = send(&mut connection, &mut model, &words);
        assert_eq!(ours, theirs, "{}", words.join(" "));
    }
    redis::cmd("CONFIG")
        .arg("SET")
        .arg("maxmemory")
        .arg(1)
        .exec(&mut connection)
        .unwrap();
    model.refuse(Some(Refusal::Memory));
    let tasks = keys[1].as_str();
    let mut commands: Vec<_> = WITHOUT_MEMORY.map(split).into();
    let streams = [
        "XRANGE TASKS - +",
        "XREVRANGE TASKS + -",
        "XINFO GROUPS TASKS",
        "XREAD COUNT 1 STREAMS TASKS 0-0",
        "XREADGROUP GROUP workers w1 COUNT 1 STREAMS TASKS >",
        "XAUTOCLAIM TASKS workers w2 10000000 0-0 COUNT 2",
        "XPENDING TASKS workers - + 9",
        "XCLAIM TASKS workers w1 0 1-1 JUSTID",
        "XGROUP SETID TASKS workers 1-1",
    ];
    commands.extend(streams.map(|line| split(&line.replace("TASKS", tasks))));
    commands.extend([
        call("mr1_status", &[]),
        call("mr1_permitted", &["PING"]),
        call("mr1_renew", &[PLAN, "w1", "1-1"]),
        call("mr1_finish", &[PLAN]),
        command(&["XACK", tasks, "workers", "1-1"]),
    ]);
    for words in commands {
        let (theirs, ours) = send(&mut connection, &mut model, &words);
        assert_eq!(ours, theirs, "{}", words.join(" "));
    }
}

/// Returns a real server and the model, both with the library.
fn both() -> (RedisServer, Connection, Server) {
    let server = RedisServer::start();
    let mut connection = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let mut model = Server::new("x");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    model.set_clock(now.as_millis() as u64);
    let library = store::redis::library_text();
    let load = ["FUNCTION", "LOAD", "REPLACE", &library].map(str::to_owned);
    assert_eq!(
        send(&mut connection, &mut model, &load).0,
        Reply::text("mapreduce1")
    );
    (server, connection, model)
}
