//! How far a job is when something goes wrong.

/// How far a job is, as the server has it; what comes first is told of first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its plan is being handed over.
    Planning,
    /// Map tasks are done.
    Map,
    /// Reduce tasks are done.
    Reduce,
    /// It is done, and not retired.
    Done,
    /// It is over without a result.
    Failed,
    /// The server knows of none.
    None,
}

impl Stage {
    /// Those in which every fault must have come, with what the tally calls rollbacks and kills in them.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Planning, "rollbacks in PLANNING", "kills in PLANNING"),
        (Self::Map, "rollbacks in MAP", "kills in MAP"),
        (Self::Reduce, "rollbacks in REDUCE", "kills in REDUCE"),
        (Self::Done, "rollbacks in DONE", "kills in DONE"),
        (Self::None, "rollbacks without a job", "kills without a job"),
    ];

    /// What the word of the store means.
    pub(crate) fn read(state: &[u8]) -> Self {
        match state {
            b"PLANNING" => Self::Planning,
            b"MAP" => Self::Map,
            b"REDUCE" => Self::Reduce,
            b"DONE" => Self::Done,
            _ => Self::Failed,
        }
    }

    /// What the tally calls rollbacks in it.
    pub(crate) fn rollbacks(self) -> &'static str {
        let of = |(stage, name, _)| (stage == self).then_some(name);
        Self::ALL
            .into_iter()
            .find_map(of)
            .unwrap_or("rollbacks in FAILED")
    }

    /// What the tally calls kills in it.
    pub(crate) fn kills(self) -> &'static str {
        let of = |(stage, _, name)| (stage == self).then_some(name);
        Self::ALL
            .into_iter()
            .find_map(of)
            .unwrap_or("kills in FAILED")
    }
}
