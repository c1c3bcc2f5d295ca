//! The points at which a process can crash.

use std::fmt;
use std::str::FromStr;

/// A point at which a process can crash deliberately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrashPoint {
    /// A worker has claimed a task and has not started it.
    AfterClaim,
    /// A worker has finished a task and has not committed it.
    BeforeCommit,
    /// A worker's commit took effect, but the worker has not handled the reply.
    AfterCommit,
    /// The master has planned some of the tasks.
    WhilePlanning,
    /// The master has written the output and has not renamed it.
    BeforeRename,
}

impl CrashPoint {
    /// All points.
    pub const ALL: [Self; 5] = [
        Self::AfterClaim,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::WhilePlanning,
        Self::BeforeRename,
    ];

    /// The name of the point in `crash.at`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterClaim => "after-claim",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::WhilePlanning => "while-planning",
            Self::BeforeRename => "before-rename",
        }
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CrashPoint {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|point| point.as_str() == name)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_point() {
        for point in CrashPoint::ALL {
            assert_eq!(point.as_str().parse(), Ok(point));
        }
        assert_eq!("sometimes".parse::<CrashPoint>(), Err(()));
    }
}
