//! Random commands, most of which are valid.

use fastrand::Rng;

/// Hash of the plan.
pub(crate) const PLAN: &str = "00000000000000000000000000000001";
const WORDS: [&str; 4] = ["a", "b", "c", ""];
const NUMBERS: [&str; 6] = ["0", "1", "2", "7", "-1", "x"];
const IDS: [&str; 9] = [
    "1-1", "1-2", "1-3", "1-4", "1-5", "2-1", "2-3", "3-2", "5-5",
];

/// Source of random commands.
pub(crate) struct RandomCommands(pub(crate) Rng);

impl RandomCommands {
    /// Returns one of the words.
    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.0.usize(..words.len())]
    }

    /// Draws a command on plain data, mostly on a key of the type that it needs.
    pub(crate) fn plain(&mut self) -> Vec<String> {
        let mut key = |own: &'static str| -> &'static str {
            if self.0.u8(..20) == 0 {
                ["hash", "zset", "stream", "text"][self.0.usize(..4)]
            } else {
                own
            }
        };
        let (hash, zset, stream, text) = (key("hash"), key("zset"), key("stream"), key("text"));
        let words = match self.0.u8(..52) {
            kind @ 0..11 => self.hash_command(kind, hash),
            kind @ 11..18 => self.sorted_set_command(kind, zset),
            kind @ 18..26 => self.key_command(kind, text, [hash, zset]),
            kind @ 26..47 => self.stream_command(kind, stream),
            47 => vec!["HVALS", hash],
            48 => {
                let key = self.one_of(&[text, hash, "nothing"]);
                vec!["PEXPIRE", key, self.one_of(&["100000", "-1"])]
            }
            49 => {
                let key = self.one_of(&[text, zset]);
                vec!["PEXPIREAT", key, "4102444800000"]
            }
            _ => vec!["PTTL", self.one_of(&[text, hash, zset, "nothing"])],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    fn hash_command<'a>(&mut self, kind: u8, hash: &'a str) -> Vec<&'a str> {
        let (field, value) = (self.one_of(&WORDS), self.one_of(&WORDS));
        match kind {
            0 => vec!["HSET", hash, field, value, value, field],
            1 => vec!["HSETNX", hash, field, value],
            2 => vec!["HSET", hash, field],
            3 => vec!["HGET", hash, field],
            4 => vec!["HMGET", hash, field, value],
            5 => vec!["HDEL", hash, field, value],
            6 => vec!["HEXISTS", hash, field],
            7 => vec!["HLEN", hash],
            8 => vec!["HKEYS", hash],
            9 => vec!["HGETALL", hash],
            _ => vec!["HINCRBY", hash, "n", self.one_of(&NUMBERS)],
        }
    }

    fn sorted_set_command<'a>(&mut self, kind: u8, zset: &'a str) -> Vec<&'a str> {
        let (member, other) = (self.one_of(&WORDS), self.one_of(&WORDS));
        let (n, m) = (self.one_of(&NUMBERS), self.one_of(&NUMBERS));
        match kind {
            11 => vec!["ZADD", zset, "NX", n, member],
            12 => vec!["ZADD", zset, n, member, m, other],
            13 => vec!["ZINCRBY", zset, n, member],
            14 => vec!["ZREM", zset, member],
            15 => vec!["ZRANGE", zset, n, m, "WITHSCORES"],
            16 => vec!["ZREVRANGE", zset, n, m],
            _ => vec!["ZCARD", zset],
        }
    }

    fn key_command<'a>(&mut self, kind: u8, text: &'a str, others: [&'a str; 2]) -> Vec<&'a str> {
        let [hash, zset] = others;
        match kind {
            18 => vec!["SET", text, self.one_of(&WORDS)],
            19 => vec!["SET", text, "some text", "PX", "100000"],
            20 => vec!["GET", text],
            21 => {
                let (from, to) = (self.one_of(&NUMBERS), self.one_of(&NUMBERS));
                vec!["GETRANGE", text, from, to]
            }
            22 => vec!["DEL", text, hash],
            23 => vec!["UNLINK", zset],
            24 => vec!["EXISTS", text, hash, zset],
            _ => vec!["TYPE", text],
        }
    }

    fn stream_command<'a>(&mut self, kind: u8, stream: &'a str) -> Vec<&'a str> {
        let (id, other) = (self.one_of(&IDS), self.one_of(&IDS));
        let consumer = self.one_of(&["w1", "w2"]);
        let idle = self.one_of(&["0", "10000000"]);
        let (key, group) = (stream, "workers");
        match kind {
            26..29 => vec!["XADD", key, id, "idx", self.one_of(&NUMBERS)],
            29 => vec!["XRANGE", key, id, other],
            30 => vec!["XRANGE", key, "-", "+", "COUNT", "2"],
            31 => vec!["XREVRANGE", key, "+", "-", "COUNT", "1"],
            32 => vec!["XREAD", "COUNT", "2", "STREAMS", key, id],
            33 => vec!["XGROUP", "CREATE", key, group, "0", "MKSTREAM"],
            34 => vec!["XGROUP", "SETID", key, group, id],
            35 | 36 => read_group(consumer, "2", key).to_vec(),
            37 => vec!["XACK", key, group, id, other],
            38 => vec!["XPENDING", key, group, "-", "+", "10"],
            39 => vec!["XPENDING", key, group, id, "+", "1", consumer],
            40 => vec!["XAUTOCLAIM", key, group, consumer, idle, id, "COUNT", "1"],
            41 => vec!["XCLAIM", key, group, consumer, idle, id, other, "JUSTID"],
            42 => vec!["XINFO", "GROUPS", key],
            43 => vec!["DEL", key],
            44 => vec!["XINFO", "STREAM", key],
            45 => {
                let range = ["-", "+", "5", consumer];
                [&["XPENDING", key, group, "IDLE", idle][..], &range].concat()
            }
            _ => vec!["XLEN", key],
        }
    }

    /// Draws a step of a job of three map and two reduce tasks, mostly a valid one.
    pub(crate) fn step(&mut self) -> Vec<String> {
        let keys = keys();
        let tasks = keys[1].as_str();
        let consumer = self.one_of(&["w1", "w2"]);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self.0.u8(..24) {
            0..4 => words(&read_group(consumer, "1", tasks)),
            4 => {
                let claim = ["XAUTOCLAIM", tasks, "workers", consumer];
                words(&[&claim[..], &["0", "0-0", "COUNT", "2"]].concat())
            }
            kind => {
                let (name, args) = self.function(kind, consumer);
                let mut call = vec!["FCALL".to_owned(), name.to_owned(), keys.len().to_string()];
                call.extend(keys);
                if name != "mr1_status" && name != "mr1_permitted" {
                    let other_plan = self.0.u8(..30) == 0;
                    call.push(if other_plan { "another" } else { PLAN }.to_owned());
                }
                call.extend(args);
                call
            }
        }
    }

    /// Draws a function and its arguments after the plan.
    fn function(&mut self, kind: u8, consumer: &str) -> (&'static str, Vec<String>) {
        let index = self.0.usize(..6);
        let entry = format!("{}-{}", self.0.usize(1..4), index + 1);
        let index = index.to_string();
        let blob = r#"{"attempt":"a","bytes":5,"records":2,"sum":3}"#;
        let (name, args) = match kind {
            5 | 6 => ("mr1_plan", "5 3 spec owner 3 0 p0 p1 p2".to_owned()),
            7 => ("mr1_plan", "5 3 spec owner 3 3 p3 p4".to_owned()),
            8 => ("mr1_plan", "5 3 spec owner 3 1 p1".to_owned()),
            9..13 => {
                let counts = format!("1 0 1 0 {blob} 1 records 2");
                ("mr1_commit", format!("{index} {entry} {consumer} {counts}"))
            }
            13 => {
                // Two spaces leave the argument for the blob empty.
                let counts = "1 0 1 3  1 records 1 x 1 y 2";
                ("mr1_commit", format!("{index} {entry} {consumer} {counts}"))
            }
            14 => ("mr1_renew", format!("{consumer} {entry}")),
            15 => {
                let blame = self.one_of(&["0", "1"]);
                let most = self.one_of(&["1", "3"]);
                let args = format!("{index} {entry} {consumer} {blame} {most} why");
                ("mr1_fail", args)
            }
            16 => ("mr1_reopen", format!("{index} a 4 lost")),
            17 => ("mr1_repair", "audit 9".to_owned()),
            18 => return ("mr1_status", Vec::new()),
            19 => ("mr1_backup", format!("{consumer} 1000")),
            20 => ("mr1_repair", "add 0 p0 1 p1 2 p2".to_owned()),
            21 => {
                let commands = ["PING", "XADD k * a b"].map(str::to_owned);
                return ("mr1_permitted", commands.to_vec());
            }
            22 if self.0.u8(..3) == 0 => ("mr1_abandon", "why".to_owned()),
            22 => ("mr1_retire", self.one_of(&["0", "0", "100000"]).to_owned()),
            _ => return ("mr1_finish", Vec::new()),
        };
        (name, args.split(' ').map(str::to_owned).collect())
    }
}

/// Returns a read of new entries for a consumer of the group `workers`.
fn read_group<'a>(consumer: &'a str, count: &'a str, key: &'a str) -> [&'a str; 9] {
    [
        "XREADGROUP",
        "GROUP",
        "workers",
        consumer,
        "COUNT",
        count,
        "STREAMS",
        key,
        ">",
    ]
}

/// Returns the keys of a job in the order of the library.
pub(crate) fn keys() -> Vec<String> {
    store::redis::job_keys(&mapreduce_core::JobId::new("j").unwrap())
}
