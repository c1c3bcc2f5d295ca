//! The model of Redis answers as Redis does, whatever is asked of it in whatever order.

mod answers;
mod dice;

use fastrand::Rng;
use redis::{Commands, Connection};
use simulation::redis::{Refusal, Reply, Server};
use testkit::RedisServer;

use answers::{comparable, real};
use dice::{Dice, PLAN, keys};

/// Commands in one sequence, and sequences.
const STEPS: usize = 300;
const SEQUENCES: u64 = 40;

/// Asks both the same; the answers.
fn ask(server: &mut Connection, model: &mut Server, words: &[String]) -> (Reply, Reply) {
    let mut command = redis::cmd(&words[0]);
    command.arg(&words[1..]);
    let theirs = real(command.query(server));
    let bytes: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    let ours = model.execute(&bytes);
    (comparable(words, theirs), comparable(words, ours))
}

fn run_sequences(
    mut draw: impl FnMut(&mut Dice) -> Vec<String>,
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
        let (mut model, mut dice, mut story) =
            (Server::new("x"), Dice(Rng::with_seed(seed)), Vec::new());
        assert_eq!(
            ask(&mut connection, &mut model, &load).0,
            Reply::text("mapreduce1")
        );
        ask(&mut connection, &mut model, &load);
        for step in 0..STEPS {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap();
            model.set_clock(now.as_millis() as u64);
            let words = draw(&mut dice);
            let (theirs, ours) = ask(&mut connection, &mut model, &words);
            story.push(format!("{} -> {}", words.join(" "), theirs.shown()));
            assert_eq!(
                ours,
                theirs,
                "seed {seed}, step {step}: {:#?}",
                &story[step.saturating_sub(12)..]
            );
            seen.push(format!("{} {}", words[1], theirs.shown()));
        }
        for words in look {
            let (theirs, ours) = ask(&mut connection, &mut model, words);
            assert_eq!(ours, theirs, "seed {seed}, at the end: {}", words.join(" "));
        }
    }
    seen
}

fn command(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn plain_commands_are_answered_as_redis_answers_them() {
    let look = [
        command(&["HGETALL", "hash"]),
        command(&["ZRANGE", "zset", "0", "-1", "WITHSCORES"]),
        command(&["XRANGE", "stream", "-", "+"]),
        command(&["XPENDING", "stream", "workers", "-", "+", "99"]),
        command(&["XINFO", "GROUPS", "stream"]),
        command(&["GET", "text"]),
    ];
    run_sequences(Dice::plain, &look);
}

#[test]
fn the_library_does_the_same_in_the_model_as_in_redis() {
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
    let seen = run_sequences(Dice::step, &look);
    // The dice lead everywhere.
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
            "never seen: {wanted}"
        );
    }
}

#[test]
fn a_stream_is_trimmed_as_redis_trims_it() {
    let (_server, mut connection, mut model) = both();
    for nth in 1..=700 {
        let id = format!("0-{nth}");
        let add = command(&["XADD", "s", "MAXLEN", "~", "150", &id, "a", "b"]);
        for words in [add, command(&["XLEN", "s"])] {
            let (theirs, ours) = ask(&mut connection, &mut model, &words);
            assert_eq!(ours, theirs, "{}", words.join(" "));
        }
    }
}

#[test]
fn a_server_without_memory_refuses_what_redis_refuses() {
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
        let (theirs, ours) = ask(&mut connection, &mut model, &words);
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
    let read = [
        "XREADGROUP",
        "GROUP",
        "workers",
        "w1",
        "COUNT",
        "1",
        "STREAMS",
        tasks,
        ">",
    ];
    let claim = [
        "XAUTOCLAIM",
        tasks,
        "workers",
        "w2",
        "10000000",
        "0-0",
        "COUNT",
        "2",
    ];
    let mut asked: Vec<_> = [
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
    ]
    .map(|line| command(&line.split(' ').collect::<Vec<_>>()))
    .into();
    asked.extend([
        command(&["XRANGE", tasks, "-", "+"]),
        command(&["XREVRANGE", tasks, "+", "-"]),
        command(&["XINFO", "GROUPS", tasks]),
        command(&["XREAD", "COUNT", "1", "STREAMS", tasks, "0-0"]),
        command(&read),
        command(&claim),
        command(&["XPENDING", tasks, "workers", "-", "+", "9"]),
        command(&["XCLAIM", tasks, "workers", "w1", "0", "1-1", "JUSTID"]),
        command(&["XGROUP", "SETID", tasks, "workers", "1-1"]),
        call("mr1_status", &[]),
        call("mr1_permitted", &["PING"]),
        call("mr1_renew", &[PLAN, "w1", "1-1"]),
        call("mr1_finish", &[PLAN]),
        command(&["XACK", tasks, "workers", "1-1"]),
    ]);
    for words in asked {
        let (theirs, ours) = ask(&mut connection, &mut model, &words);
        assert_eq!(ours, theirs, "{}", words.join(" "));
    }
}

/// A real server and the model, both with the library.
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
        ask(&mut connection, &mut model, &load).0,
        Reply::text("mapreduce1")
    );
    (server, connection, model)
}
