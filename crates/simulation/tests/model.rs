//! The model of Redis answers as Redis does, whatever is asked of it in whatever order.

use fastrand::Rng;
use redis::{Commands, Connection, RedisError, Value};
use simulation::redis::{Refusal, Reply, Server};
use testkit::RedisServer;

/// Commands in one sequence, and sequences.
const STEPS: usize = 300;
const SEQUENCES: u64 = 40;

const PLAN: &str = "00000000000000000000000000000001";
const WORDS: [&str; 4] = ["a", "b", "c", ""];
const NUMBERS: [&str; 6] = ["0", "1", "2", "7", "-1", "x"];
const IDS: [&str; 9] = [
    "1-1", "1-2", "1-3", "1-4", "1-5", "2-1", "2-3", "3-2", "5-5",
];

/// Draws commands.
struct Dice(Rng);

impl Dice {
    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.0.usize(..words.len())]
    }

    /// A command on plain data: mostly on keys of its own type.
    fn plain(&mut self) -> Vec<String> {
        let mut key = |own: &'static str| -> &'static str {
            if self.0.u8(..20) == 0 {
                ["hash", "zset", "stream", "text"][self.0.usize(..4)]
            } else {
                own
            }
        };
        let (hash, zset, stream, text) = (key("hash"), key("zset"), key("stream"), key("text"));
        let (w, v, n, m) = (
            self.of(&WORDS),
            self.of(&WORDS),
            self.of(&NUMBERS),
            self.of(&NUMBERS),
        );
        let (id, other, who) = (self.of(&IDS), self.of(&IDS), self.of(&["w1", "w2"]));
        let idle = self.of(&["0", "10000000"]);
        let last = self.of(&["100000", "-1"]);
        let words: Vec<&str> = match self.0.u8(..52) {
            0 => vec!["HSET", hash, w, v, v, w],
            1 => vec!["HSETNX", hash, w, v],
            2 => vec!["HSET", hash, w],
            3 => vec!["HGET", hash, w],
            4 => vec!["HMGET", hash, w, v],
            5 => vec!["HDEL", hash, w, v],
            6 => vec!["HEXISTS", hash, w],
            7 => vec!["HLEN", hash],
            8 => vec!["HKEYS", hash],
            9 => vec!["HGETALL", hash],
            10 => vec!["HINCRBY", hash, "n", n],
            11 => vec!["ZADD", zset, "NX", n, w],
            12 => vec!["ZADD", zset, n, w, m, v],
            13 => vec!["ZINCRBY", zset, n, w],
            14 => vec!["ZREM", zset, w],
            15 => vec!["ZRANGE", zset, n, m, "WITHSCORES"],
            16 => vec!["ZREVRANGE", zset, n, m],
            17 => vec!["ZCARD", zset],
            18 => vec!["SET", text, w],
            19 => vec!["SET", text, "some text", "PX", "100000"],
            20 => vec!["GET", text],
            21 => vec!["GETRANGE", text, n, m],
            22 => vec!["DEL", text, hash],
            23 => vec!["UNLINK", zset],
            24 => vec!["EXISTS", text, hash, zset],
            25 => vec!["TYPE", text],
            26..29 => vec!["XADD", stream, id, "idx", n],
            29 => vec!["XRANGE", stream, id, other],
            30 => vec!["XRANGE", stream, "-", "+", "COUNT", "2"],
            31 => vec!["XREVRANGE", stream, "+", "-", "COUNT", "1"],
            32 => vec!["XREAD", "COUNT", "2", "STREAMS", stream, id],
            33 => vec!["XGROUP", "CREATE", stream, "workers", "0", "MKSTREAM"],
            34 => vec!["XGROUP", "SETID", stream, "workers", id],
            35 | 36 => vec![
                "XREADGROUP",
                "GROUP",
                "workers",
                who,
                "COUNT",
                "2",
                "STREAMS",
                stream,
                ">",
            ],
            37 => vec!["XACK", stream, "workers", id, other],
            38 => vec!["XPENDING", stream, "workers", "-", "+", "10"],
            39 => vec!["XPENDING", stream, "workers", id, "+", "1", who],
            40 => vec!["XAUTOCLAIM", stream, "workers", who, idle, id, "COUNT", "1"],
            41 => vec!["XCLAIM", stream, "workers", who, idle, id, other, "JUSTID"],
            42 => vec!["XINFO", "GROUPS", stream],
            43 => vec!["DEL", stream],
            44 => vec!["XINFO", "STREAM", stream],
            45 => vec![
                "XPENDING", stream, "workers", "IDLE", idle, "-", "+", "5", who,
            ],
            46 => vec!["XLEN", stream],
            47 => vec!["HVALS", hash],
            48 => vec!["PEXPIRE", self.of(&[text, hash, "nothing"]), last],
            49 => vec!["PEXPIREAT", self.of(&[text, zset]), "4102444800000"],
            _ => vec!["PTTL", self.of(&[text, hash, zset, "nothing"])],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// A step of a job of three map tasks and two reduce tasks, mostly a sensible one.
    fn step(&mut self) -> Vec<String> {
        let keys = keys();
        let tasks = keys[1].clone();
        let plan = if self.0.u8(..30) == 0 {
            "another"
        } else {
            PLAN
        };
        let index = self.0.usize(..6);
        let entry = format!("{}-{}", self.0.usize(1..4), index + 1);
        let (index, who) = (index.to_string(), self.of(&["w1", "w2"]));
        let read = [
            "XREADGROUP",
            "GROUP",
            "workers",
            who,
            "COUNT",
            "1",
            "STREAMS",
            &tasks,
            ">",
        ];
        let most = self.of(&["1", "3"]);
        let (name, args): (&str, Vec<&str>) = match self.0.u8(..24) {
            0 | 1 => (
                "mr1_plan",
                vec!["5", "3", "spec", "owner", "3", "0", "p0", "p1", "p2"],
            ),
            2 => (
                "mr1_plan",
                vec!["5", "3", "spec", "owner", "3", "3", "p3", "p4"],
            ),
            3 => ("mr1_plan", vec!["5", "3", "spec", "owner", "3", "1", "p1"]),
            4..8 => return read.map(str::to_owned).to_vec(),
            8 => {
                let claim = [
                    "XAUTOCLAIM",
                    &tasks,
                    "workers",
                    who,
                    "0",
                    "0-0",
                    "COUNT",
                    "2",
                ];
                return claim.map(str::to_owned).to_vec();
            }
            9..13 => {
                let blob = r#"{"attempt":"a","bytes":5,"records":2,"sum":3}"#;
                (
                    "mr1_commit",
                    vec![
                        &index, &entry, who, "1", "0", "1", "0", blob, "1", "records", "2",
                    ],
                )
            }
            13 => (
                "mr1_commit",
                vec![
                    &index, &entry, who, "1", "0", "1", "3", "", "1", "records", "1", "x", "1",
                    "y", "2",
                ],
            ),
            14 => ("mr1_renew", vec![who, &entry]),
            15 => (
                "mr1_fail",
                vec![&index, &entry, who, self.of(&["0", "1"]), most, "why"],
            ),
            16 => ("mr1_reopen", vec![&index, "a", "4", "lost"]),
            17 => ("mr1_repair", vec!["audit", "9"]),
            18 => ("mr1_status", vec![]),
            19 => ("mr1_backup", vec![who, "1000"]),
            20 => ("mr1_repair", vec!["add", "0", "p0", "1", "p1", "2", "p2"]),
            21 => ("mr1_permitted", vec!["PING", "XADD k * a b"]),
            22 if self.0.u8(..3) == 0 => ("mr1_abandon", vec!["why"]),
            22 => ("mr1_retire", vec![self.of(&["0", "0", "100000"])]),
            _ => ("mr1_finish", vec![]),
        };
        let mut words = vec!["FCALL".to_owned(), name.to_owned(), keys.len().to_string()];
        words.extend(keys);
        if name != "mr1_status" && name != "mr1_permitted" {
            words.push(plan.to_owned());
        }
        words.extend(args.into_iter().map(str::to_owned));
        words
    }
}

/// The keys of a job, in the order of the library.
fn keys() -> Vec<String> {
    store::redis::job_keys(&mapreduce::JobId::new("j").unwrap())
}

/// What a real server answered, in the model's words.
fn real(answer: Result<Value, RedisError>) -> Reply {
    match answer {
        Err(error) => Reply::Error(error.code().unwrap_or("ERR").to_owned()),
        Ok(Value::Okay) => Reply::Status("OK".to_owned()),
        Ok(Value::SimpleString(word)) => Reply::Status(word),
        Ok(Value::Int(number)) => Reply::Int(number),
        Ok(Value::BulkString(bytes)) => Reply::Bulk(bytes),
        Ok(Value::Array(items)) => {
            Reply::Array(items.into_iter().map(|item| real(Ok(item))).collect())
        }
        Ok(_) => Reply::Nil,
    }
}

/// Without what differs by nature: the text of errors, the order in hashes, and how long something lay idle.
fn comparable(command: &[String], reply: Reply) -> Reply {
    match (command[0].as_str(), reply) {
        (_, Reply::Error(text)) => {
            Reply::Error(text.split(' ').next().unwrap_or_default().to_owned())
        }
        ("HKEYS" | "HVALS", Reply::Array(mut items)) => {
            items.sort_by_key(Reply::shown);
            Reply::Array(items)
        }
        ("HGETALL", Reply::Array(items)) => {
            let mut pairs: Vec<_> = items.chunks(2).map(<[Reply]>::to_vec).collect();
            pairs.sort_by_key(|pair| pair[0].shown());
            Reply::Array(pairs.concat())
        }
        ("XPENDING", Reply::Array(mut items)) => {
            for item in &mut items {
                if let Reply::Array(fields) = item {
                    fields[2] = Reply::Int(0);
                }
            }
            Reply::Array(items)
        }
        ("PTTL", Reply::Int(left)) => Reply::Int(coarse(left)),
        // Much else is told there.
        ("XINFO", Reply::Array(fields)) if command[1] == "STREAM" => {
            let used = ["length", "last-generated-id", "entries-added"].map(Reply::text);
            let pairs = fields.chunks(2).filter(|pair| used.contains(&pair[0]));
            Reply::Array(pairs.flatten().cloned().collect())
        }
        // Consumers are made lazily, and nobody counts them.
        ("XINFO", Reply::Array(groups)) => {
            Reply::Array(groups.into_iter().map(without_consumers).collect())
        }
        // In how many ms, and for how many.
        ("FCALL", Reply::Array(mut items)) if items[0] == Reply::text("CLAIMED") => {
            items.pop();
            Reply::Array(items)
        }
        ("FCALL", Reply::Array(items)) if items[0] == Reply::text("DUE") => items[0].clone(),
        ("FCALL", Reply::Array(items)) => Reply::Array(items.into_iter().map(sorted).collect()),
        (_, reply) => reply,
    }
}

/// In steps of ten seconds, between which nothing lasts here, up to some hours.
fn coarse(left: i64) -> i64 {
    if left < 0 {
        left
    } else {
        ((left + 5_000) / 10_000).min(1_000)
    }
}

fn without_consumers(group: Reply) -> Reply {
    let Reply::Array(fields) = group else {
        return group;
    };
    let pairs = fields
        .chunks(2)
        .filter(|pair| pair[0] != Reply::text("consumers"));
    Reply::Array(pairs.flatten().cloned().collect())
}

/// The counters in a status come from a hash.
fn sorted(item: Reply) -> Reply {
    match item {
        Reply::Array(mut items) if items.len() > 2 => {
            items.sort_by_key(Reply::shown);
            Reply::Array(items)
        }
        item => item,
    }
}

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
