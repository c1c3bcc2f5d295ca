//! Tables of the book that list everything of a kind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use settings::CrashPoint;

use crate::markdown::Page;
use crate::pages::collect;
use crate::scratch::root;

const REDIS: &str = "docs/reference/redis.md";

#[test]
fn the_page_about_recovery_lists_all_crash_points() {
    let points = first_column("docs/concepts/recovery.md", "point");
    assert_eq!(points, CrashPoint::ALL.map(|point| format!("`{point}`")));
}

/// The header of the function library numbers the keys: `--   1 meta      hash    …`.
#[test]
fn the_page_about_redis_lists_all_keys_of_a_job_with_their_types() {
    let header = fs::read_to_string(root().join("lua/mapreduce.lua")).expect("the library");
    let mut expected = Vec::new();
    for line in header.lines().filter_map(|line| line.strip_prefix("--")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [number, name, kind @ ("hash" | "stream" | "zset"), ..] = words.as_slice()
            && number.parse::<u32>().is_ok()
        {
            expected.push(vec![format!("`{name}`"), (*kind).to_owned()]);
        }
    }
    assert!(expected.len() > 5, "{expected:?}: are keys still found?");
    let rows = Page::read(REDIS).table("key");
    let rows: Vec<_> = rows.iter().map(|row| row[..2].to_vec()).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_page_about_redis_lists_all_functions() {
    let mut files = Vec::new();
    collect(Path::new("lua"), "lua", &mut files);
    let mut expected = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(root().join(file)).expect("a file of the library");
        for rest in text.split("mr1_").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_lowercase());
            expected.insert(format!("`mr1_{}`", &rest[..end.unwrap_or(rest.len())]));
        }
    }
    let functions: BTreeSet<_> = first_column(REDIS, "function").into_iter().collect();
    assert_eq!(functions, expected);
}

fn first_column(page: &str, header: &str) -> Vec<String> {
    let rows = Page::read(page).table(header);
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}
