//! Descendants of a process.

use std::collections::HashMap;

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Kills all descendants of this process that `/proc` shows now. Processes that start meanwhile are left to the next
/// call.
pub(super) fn kill_all() {
    for pid in descendants(getpid().as_raw_nonzero().get(), &children()) {
        if let Some(pid) = Pid::from_raw(pid) {
            // An error means that it has ended.
            let _ended = kill_process(pid, Signal::KILL);
        }
    }
}

/// Returns all descendants of `root`.
fn descendants(root: i32, children: &HashMap<i32, Vec<i32>>) -> Vec<i32> {
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        let below = children.get(&parent).map_or(&[][..], Vec::as_slice);
        found.extend_from_slice(below);
        next.extend_from_slice(below);
    }
    found
}

/// Returns the children of each process.
fn children() -> HashMap<i32, Vec<i32>> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(pid) = pid else { continue };
        let stat = std::fs::read(entry.path().join("stat")).unwrap_or_default();
        if let Some(parent) = parent(&stat) {
            children.entry(parent).or_default().push(pid);
        }
    }
    children
}

/// Returns the parent in a line of `/proc/PID/stat`: `PID (NAME) STATE PARENT …`. The name may contain any bytes.
fn parent(stat: &[u8]) -> Option<i32> {
    let behind = memchr::memrchr(b')', stat)?;
    let rest = std::str::from_utf8(&stat[behind + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_contain_any_bytes() {
        assert_eq!(parent(b"12 (a) b (c) 1) S 34 12 12 0"), Some(34));
        assert_eq!(parent(b"12 (\xff) R 1 1"), Some(1));
        assert_eq!(parent(b""), None);
    }

    #[test]
    fn all_descendants_are_found_and_no_other_processes() {
        let tree = HashMap::from([(1, vec![2, 5]), (2, vec![3, 4]), (4, vec![6]), (7, vec![8])]);
        let mut found = descendants(2, &tree);
        found.sort_unstable();
        assert_eq!(found, [3, 4, 6]);
        assert!(descendants(8, &tree).is_empty());
    }

    #[test]
    fn this_process_has_a_parent() {
        let own = getpid().as_raw_nonzero().get();
        assert!(children().values().any(|below| below.contains(&own)));
    }
}
