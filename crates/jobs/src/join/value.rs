//! Encoding of a record between mapper and reducer: its side, then its cells.

use mapreduce_core::{Cells, JobError};

/// Side of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    /// A left record with an empty key, which has no partner.
    LeftAlone,
    /// A right record with an empty key, which has no partner.
    RightAlone,
}

impl Side {
    /// Returns the first byte of a value.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Right => 1,
            Self::LeftAlone => 2,
            Self::RightAlone => 3,
        }
    }

    /// Splits a value into its side and its encoded cells.
    pub(super) fn of(value: &[u8]) -> Result<(Self, &[u8]), JobError> {
        let (byte, cells) = value.split_first().ok_or_else(corrupt)?;
        let side = match byte {
            0 => Self::Left,
            1 => Self::Right,
            2 => Self::LeftAlone,
            3 => Self::RightAlone,
            _ => return Err(corrupt()),
        };
        Ok((side, cells))
    }
}

/// Replaces `ends` by the end of each encoded cell, after a 0.
pub(super) fn put_ends(cells: &[u8], ends: &mut Vec<usize>) {
    ends.clear();
    ends.push(0);
    let mut rest = Cells::of(cells);
    while rest.next().is_some() {
        ends.push(cells.len() - rest.rest().len());
    }
}

#[cold]
pub(super) fn corrupt() -> JobError {
    JobError::permanent(
        "another version wrote this record; run master and workers of the same version",
    )
}
