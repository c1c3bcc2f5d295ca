//! `results.json`: one object, most frequent first, ties by the key's bytes.

use std::cmp::Ordering;
use std::io::{self, Write};

use crate::Pairs;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Different keys.
    pub keys: u64,
    /// Sum of all counts.
    pub total: u64,
}

/// Writes the counts in `lists` (in any order, every key once) as a JSON object with an indent of two
/// spaces, non-ASCII unescaped, a newline at the end. Sorts on up to `threads` threads.
pub fn write_json(lists: &[Pairs], threads: usize, out: &mut impl Write) -> io::Result<Written> {
    let mut rows = rows(lists);
    let chunk = rows.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for part in rows.chunks_mut(chunk) {
            scope.spawn(|| part.sort_unstable_by(|a, b| order(lists, a, b)));
        }
    });
    let mut total = 0;
    let mut text = Vec::with_capacity(BUFFER + (64 << 10));
    let mut parts: Vec<&[Row]> = rows.chunks(chunk).collect();
    let mut first = true;
    while let Some(row) = pop_first(lists, &mut parts) {
        text.extend_from_slice(if first { b"{\n  " } else { b",\n  " });
        first = false;
        let key = row.key(lists);
        match std::str::from_utf8(key) {
            Ok(key) => serde_json::to_writer(&mut text, key)?,
            // Keys are UTF-8 unless somebody tampered with the store.
            Err(_) => serde_json::to_writer(&mut text, &String::from_utf8_lossy(key))?,
        }
        write!(text, ": {}", row.count)?;
        total += row.count;
        if text.len() >= BUFFER {
            out.write_all(&text)?;
            text.clear();
        }
    }
    text.extend_from_slice(if first { b"{}\n" } else { b"\n}\n" });
    out.write_all(&text)?;
    Ok(Written {
        keys: rows.len() as u64,
        total,
    })
}

/// How much text is gathered before it is written, in bytes.
const BUFFER: usize = 1 << 20;

/// A pair's place, with what mostly decides the order beside it.
#[derive(Debug, Clone, Copy)]
struct Row {
    count: u64,
    /// The key's first eight bytes as a number that sorts as they do.
    prefix: u64,
    list: u32,
    at: u32,
}

impl Row {
    fn key(self, lists: &[Pairs]) -> &[u8] {
        lists[self.list as usize].get(self.at as usize).0
    }
}

fn rows(lists: &[Pairs]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(lists.iter().map(Pairs::len).sum());
    for (list, pairs) in lists.iter().enumerate() {
        rows.extend(pairs.iter().enumerate().map(|(at, (key, count))| Row {
            count,
            prefix: prefix(key),
            list: list as u32,
            at: at as u32,
        }));
    }
    rows
}

fn prefix(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = key.len().min(8);
    bytes[..len].copy_from_slice(&key[..len]);
    u64::from_be_bytes(bytes)
}

fn order(lists: &[Pairs], a: &Row, b: &Row) -> Ordering {
    let by_count = b.count.cmp(&a.count).then(a.prefix.cmp(&b.prefix));
    by_count.then_with(|| a.key(lists).cmp(b.key(lists)))
}

/// Takes the first row of all `parts`, each of which is sorted.
fn pop_first(lists: &[Pairs], parts: &mut [&[Row]]) -> Option<Row> {
    let heads = parts.iter_mut().filter(|part| !part.is_empty());
    let first = heads.min_by(|a, b| order(lists, &a[0], &b[0]))?;
    let row = first[0];
    *first = &first[1..];
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(lists: &[&[(&str, u64)]], threads: usize) -> String {
        let lists: Vec<Pairs> = lists
            .iter()
            .map(|list| {
                list.iter()
                    .map(|(key, count)| (key.as_bytes(), *count))
                    .collect()
            })
            .collect();
        let mut out = Vec::new();
        let written = write_json(&lists, threads, &mut out).unwrap();
        assert_eq!(
            written.keys,
            lists.iter().map(|l| l.len() as u64).sum::<u64>()
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_most_frequent_comes_first_and_ties_go_by_bytes() {
        let lists: &[&[(&str, u64)]] = &[
            &[("b", 1), ("", 1), ("commonprefix-b", 1)],
            &[
                ("a", 1),
                ("é", 1),
                ("z", 9),
                ("commonprefix-a", 1),
                ("b\0", 1),
            ],
        ];
        for threads in 0..5 {
            let text = json(lists, threads);
            let keys: Vec<_> = text
                .lines()
                .filter_map(|line| line.split('"').nth(1))
                .collect();
            assert_eq!(
                keys,
                [
                    "z",
                    "",
                    "a",
                    "b",
                    "b\\u0000",
                    "commonprefix-a",
                    "commonprefix-b",
                    "é"
                ]
            );
        }
    }

    #[test]
    fn it_is_json_as_everybody_writes_it() {
        assert_eq!(json(&[], 2), "{}\n");
        assert_eq!(
            json(&[&[("a\"\\\n\u{1f}é", 2)]], 2),
            "{\n  \"a\\\"\\\\\\n\\u001fé\": 2\n}\n"
        );
        assert_eq!(
            json(&[&[("a", 2), ("b", 1)]], 1),
            "{\n  \"a\": 2,\n  \"b\": 1\n}\n"
        );
    }
}
