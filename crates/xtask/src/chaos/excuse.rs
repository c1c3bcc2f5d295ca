//! Which endings of a program are no failure of its job. Whatever is not in this table is one.
//!
//! | who    | code | excused if, while it ran,         | because                                                    |
//! |--------|------|-----------------------------------|------------------------------------------------------------|
//! | master | 64   | Redis was short of memory         | it refuses a job that Redis has no room for                |
//! | master | 73   | the disk was full                 | its output lies there, and a failed write is not retried   |
//! | worker | 134  | its own memory was bounded        | an allocation that fails aborts                            |
//! | worker | 139  | its own memory was bounded        | a stack that cannot grow is a segmentation fault           |
//! | worker | 137  | it had a crash point              | that is how such a point ends it                           |
//! | worker | 69   | Redis died once the master was done | Redis may have lost the end of the job, and nobody is there to plan it anew |
//!
//! Nothing else needs an excuse. A worker does not end for a full disk: attempts fail and are made again, and a run
//! that cannot be put is put again. Nobody ends with 69 for a fault of the network, of Redis or of a disk: each is over
//! within seconds, and `redis.deadline` is a minute. A master's memory is never bounded.

use super::process::KILLED;

/// What a program is in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Master,
    Worker,
}

/// What befell a program while it ran, or the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    RedisMemory,
    FullDisk,
    OwnMemory,
    CrashPoint,
    /// Redis died after the last word of the master.
    EndLost,
}

/// Whether a program that ended with `code` is started again, and the job goes on, after these `causes`.
pub(super) fn is_excused(role: Role, code: i32, causes: &[Cause]) -> bool {
    let cause = match (role, code) {
        (Role::Master, 64) => Cause::RedisMemory,
        (Role::Master, 73) => Cause::FullDisk,
        (Role::Worker, 134 | 139) => Cause::OwnMemory,
        (Role::Worker, KILLED) => Cause::CrashPoint,
        (Role::Worker, 69) => Cause::EndLost,
        _ => return false,
    };
    causes.contains(&cause)
}

/// The first panic in the log of a program, wherever it was caught: with no fault of ours may there be one.
pub(super) fn panic_in(log: &str) -> Option<String> {
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let what = lines.peek().copied().unwrap_or_default();
        // Both mean that a thread got no memory. The process aborts then, and its code is judged: the first is said by
        // `runtime::run_program`, the second by a thread of Rust that starts.
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
    fn every_other_ending_is_a_failure() {
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
            // A job that failed, a panic, a bus error: after all that can befall it.
            for code in [1, 66, 101, 130, 135] {
                assert!(!is_excused(role, code, &ALL), "{role:?} with {code}");
            }
        }
    }

    #[test]
    fn a_panic_is_found_in_a_log_unless_a_thread_had_no_memory() {
        let panic =
            "INFO started\nthread 'main' (7) panicked at src/x.rs:1:2:\nno such key\nnote: more";
        let told = "thread 'main' (7) panicked at src/x.rs:1:2: no such key";
        assert_eq!(panic_in(panic).as_deref(), Some(told));
        let memory = "thread '<unnamed>' panicked at std/x.rs:1:2:\nfailed to allocate an alternative stack: no\n";
        assert_eq!(panic_in(memory), None);
        assert!(panic_in(&format!("{memory}{panic}")).is_some());
        let threads = "error: cannot start threads: raise the limits (panicked at x.rs)\n";
        assert_eq!(panic_in(threads), None);
        assert_eq!(panic_in("INFO done\n"), None);
    }
}
