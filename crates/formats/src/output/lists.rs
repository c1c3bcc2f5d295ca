//! Writer for unsorted lists of counts.

use std::cmp::Ordering;
use std::io::{self, Write};

use super::{ResultTotals, RowLayout, RowWriter};
use mapreduce_core::Pairs;

/// Sorts the counts in `lists` on up to `threads` threads and writes the first `top` rows or all rows.
///
/// The lists may have any order but must contain every key once.
///
/// # Errors
/// The output cannot be written.
pub fn write_lists(
    lists: &[Pairs],
    threads: usize,
    layout: &RowLayout,
    top: Option<u64>,
    out: &mut (impl Write + Send),
) -> io::Result<ResultTotals> {
    let mut rows = rows(lists);
    let chunk = rows.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for part in rows.chunks_mut(chunk) {
            scope.spawn(|| part.sort_unstable_by(|a, b| order(lists, a, b)));
        }
    });
    let mut writer = RowWriter::new(out, layout.clone())?;
    let mut parts: Vec<&[Row]> = rows.chunks(chunk).collect();
    for _ in 0..top.unwrap_or(u64::MAX) {
        let Some(row) = pop_first(lists, &mut parts) else {
            break;
        };
        writer.push(row.key(lists), row.count)?;
    }
    writer.finish()
}

/// Position of a pair, with a sort key that decides most comparisons without access to the pair.
#[derive(Debug, Clone, Copy)]
struct Row {
    count: u64,
    /// First eight bytes of the key as a number with the same order.
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

/// Removes and returns the first row of all `parts`, each of which is sorted.
fn pop_first(lists: &[Pairs], parts: &mut [&[Row]]) -> Option<Row> {
    let heads = parts.iter_mut().filter(|part| !part.is_empty());
    let first = heads.min_by(|a, b| order(lists, &a[0], &b[0]))?;
    let row = first[0];
    *first = &first[1..];
    Some(row)
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{OutputFormat, Shape};

    use super::*;

    fn json(lists: &[&[(&str, u64)]], threads: usize, top: Option<u64>) -> String {
        let lists: Vec<Pairs> = lists
            .iter()
            .map(|list| {
                list.iter()
                    .map(|(key, count)| (key.as_bytes(), *count))
                    .collect()
            })
            .collect();
        let mut out = Vec::new();
        let layout = RowLayout::new(OutputFormat::Json, true, &Shape::sum());
        let written = write_lists(&lists, threads, &layout, top, &mut out).unwrap();
        let all = lists.iter().map(|l| l.len() as u64).sum::<u64>();
        assert_eq!(written.keys, all.min(top.unwrap_or(all)));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_are_sorted_by_falling_count_and_then_by_key() {
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
            let text = json(lists, threads, None);
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
    fn top_limits_the_number_of_rows() {
        let lists: &[&[(&str, u64)]] = &[&[("c", 1), ("b", 2)], &[("a", 1)]];
        assert_eq!(json(lists, 2, Some(2)), "{\n  \"b\": 2,\n  \"a\": 1\n}\n");
        assert_eq!(json(lists, 2, Some(0)), "{}\n");
        assert_eq!(json(lists, 2, Some(9)), json(lists, 1, None));
    }
}
