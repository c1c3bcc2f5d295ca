//! Exits of programs that a fault excuses. Every exit that is not in this table is a failure of the job.
//!
//! | program | code | excused if, while it ran, | because |
//! |---|---|---|---|
//! | master | 64 | Redis was short of memory | the master refuses a job for which Redis lacks capacity |
//! | master | 73 | the disk was full | the master does not retry a failed write of the output |
//! | worker | 134 | its memory was limited | a failed allocation aborts the process |
//! | worker | 139 | its memory was limited | a stack that cannot grow is a segmentation fault |
//! | worker | 137 | it had a crash point | a crash point ends the process with this code |
//! | worker | 69 | Redis died after the master had finished | Redis may have lost the end of the job, and no master is left to plan the job again |
//!
//! A full disk does not end a worker: attempts fail and are repeated, and a run that cannot be stored is stored again.
//! A fault of the network, of Redis or of a disk lasts for seconds and `redis.deadline` is a minute, so no program ends
//! with code 69 for these. The memory of a master is never limited.

use crate::process::SIGKILL_EXIT_CODE;

/// Role of a program in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Master,
    Worker,
}

/// Fault that excuses an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    RedisMemory,
    FullDisk,
    OwnMemory,
    CrashPoint,
    /// Redis died after the master had finished.
    EndLost,
}

/// Returns whether one of `causes` excuses exit `code`. The program is then restarted and the job goes on.
pub(crate) fn is_excused(role: Role, code: i32, causes: &[Cause]) -> bool {
    let cause = match (role, code) {
        (Role::Master, 64) => Cause::RedisMemory,
        (Role::Master, 73) => Cause::FullDisk,
        (Role::Worker, 134 | 139) => Cause::OwnMemory,
        (Role::Worker, SIGKILL_EXIT_CODE) => Cause::CrashPoint,
        (Role::Worker, 69) => Cause::EndLost,
        _ => return false,
    };
    causes.contains(&cause)
}

/// Returns the first panic in the log of a program, even if the program caught it. No fault excuses a panic.
pub(crate) fn panic_in(log: &str) -> Option<String> {
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let what = lines.peek().copied().unwrap_or_default();
        // Both messages mean that a thread got no memory: the first is from `settings::run_program`, the second from
        // the standard library. The process then aborts, and its exit code is judged instead.
        let no_memory = line.starts_with("error: cannot start threads")
            || what.starts_with("failed to allocate an alternative stack");
        if line.contains("panicked at") && !no_memory {
            return Some(format!("{line} {what}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cause; 5] = [
        Cause::RedisMemory,
        Cause::FullDisk,
        Cause::OwnMemory,
        Cause::CrashPoint,
        Cause::EndLost,
    ];

    #[test]
    fn only_the_exits_of_the_table_are_excused() {
        let excused = [
            (Role::Master, 64, Cause::RedisMemory),
            (Role::Master, 73, Cause::FullDisk),
            (Role::Worker, 69, Cause::EndLost),
            (Role::Worker, 134, Cause::OwnMemory),
            (Role::Worker, 139, Cause::OwnMemory),
            (Role::Worker, 137, Cause::CrashPoint),
        ];
        for role in [Role::Master, Role::Worker] {
            for code in 0..256 {
                for cause in ALL {
                    let expected = excused.contains(&(role, code, cause));
                    let found = is_excused(role, code, &[cause]);
                    assert_eq!(found, expected, "{role:?} with {code} after {cause:?}");
                }
                assert!(!is_excused(role, code, &[]), "{role:?} with {code}");
            }
            // A failed job, a panic and a bus error are failures, whatever faults there were.
            for code in [1, 66, 101, 130, 135] {
                assert!(!is_excused(role, code, &ALL), "{role:?} with {code}");
            }
        }
    }

    #[test]
    fn a_panic_in_a_log_is_found_unless_a_thread_got_no_memory() {
        let panic =
            "INFO started\nthread 'main' (7) panicked at src/x.rs:1:2:\nno such key\nnote: more";
        let found = "thread 'main' (7) panicked at src/x.rs:1:2: no such key";
        assert_eq!(panic_in(panic).as_deref(), Some(found));
        let memory = "thread '<unnamed>' panicked at std/x.rs:1:2:\nfailed to allocate an alternative stack: no\n";
        assert_eq!(panic_in(memory), None);
        assert!(panic_in(&format!("{memory}{panic}")).is_some());
        let threads = "error: cannot start threads: raise the limits (panicked at x.rs)\n";
        assert_eq!(panic_in(threads), None);
        assert_eq!(panic_in("INFO done\n"), None);
    }
}
