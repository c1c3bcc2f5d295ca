//! Commands drawn at random, most of which mean something.

use fastrand::Rng;

pub(crate) const PLAN: &str = "00000000000000000000000000000001";
const WORDS: [&str; 4] = ["a", "b", "c", ""];
const NUMBERS: [&str; 6] = ["0", "1", "2", "7", "-1", "x"];
const IDS: [&str; 9] = [
    "1-1", "1-2", "1-3", "1-4", "1-5", "2-1", "2-3", "3-2", "5-5",
];

/// Draws commands.
pub(crate) struct Dice(pub(crate) Rng);

impl Dice {
    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.0.usize(..words.len())]
    }

    /// A command on plain data: mostly on keys of its own type.
    pub(crate) fn plain(&mut self) -> Vec<String> {
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
    pub(crate) fn step(&mut self) -> Vec<String> {
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
pub(crate) fn keys() -> Vec<String> {
    store::redis::job_keys(&mapreduce::JobId::new("j").unwrap())
}
