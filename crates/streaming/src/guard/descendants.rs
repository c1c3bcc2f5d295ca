//! What was started by a process, and by what that started.

use std::collections::HashMap;

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Kills all that this process and its descendants have started, as far as `/proc` shows it now. What
/// starts meanwhile is for the next call.
pub(super) fn kill() {
    for pid in of(getpid().as_raw_nonzero().get(), &children()) {
        if let Some(pid) = Pid::from_raw(pid) {
            // It may have ended by itself.
            let _gone = kill_process(pid, Signal::KILL);
        }
    }
}

/// All processes that are below `root`.
fn of(root: i32, children: &HashMap<i32, Vec<i32>>) -> Vec<i32> {
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        let below = children.get(&parent).map_or(&[][..], Vec::as_slice);
        found.extend_from_slice(below);
        next.extend_from_slice(below);
    }
    found
}

/// The children of each process.
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

/// The parent in a line of `/proc/PID/stat`: `PID (NAME) STATE PARENT …`, where the name may have anything.
fn parent(stat: &[u8]) -> Option<i32> {
    let behind = memchr::memrchr(b')', stat)?;
    let rest = std::str::from_utf8(&stat[behind + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_anything() {
        assert_eq!(parent(b"12 (a) b (c) 1) S 34 12 12 0"), Some(34));
        assert_eq!(parent(b"12 (\xff) R 1 1"), Some(1));
        assert_eq!(parent(b""), None);
    }

    #[test]
    fn all_that_is_below_is_found_and_nothing_else() {
        let tree = HashMap::from([(1, vec![2, 5]), (2, vec![3, 4]), (4, vec![6]), (7, vec![8])]);
        let mut found = of(2, &tree);
        found.sort_unstable();
        assert_eq!(found, [3, 4, 6]);
        assert!(of(8, &tree).is_empty());
    }

    #[test]
    fn this_process_has_a_parent() {
        let own = getpid().as_raw_nonzero().get();
        assert!(children().values().any(|below| below.contains(&own)));
    }
}
