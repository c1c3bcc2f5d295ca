//! Stages of a job.

/// Stage of a job on the server. Of several jobs, the first stage in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The master adds the plan.
    Planning,
    /// Workers run map tasks.
    Map,
    /// Workers run reduce tasks.
    Reduce,
    /// The job is done and not retired.
    Done,
    /// The job ended without a result.
    Failed,
    /// The server has no job.
    None,
}

impl Stage {
    /// Stages in which all faults must occur, with their counter names for rollbacks and kills.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Planning, "rollbacks in PLANNING", "kills in PLANNING"),
        (Self::Map, "rollbacks in MAP", "kills in MAP"),
        (Self::Reduce, "rollbacks in REDUCE", "kills in REDUCE"),
        (Self::Done, "rollbacks in DONE", "kills in DONE"),
        (Self::None, "rollbacks without a job", "kills without a job"),
    ];

    /// Returns the stage of a state in the store.
    pub(crate) fn read(state: &[u8]) -> Self {
        match state {
            b"PLANNING" => Self::Planning,
            b"MAP" => Self::Map,
            b"REDUCE" => Self::Reduce,
            b"DONE" => Self::Done,
            _ => Self::Failed,
        }
    }

    /// Counter name of rollbacks in this stage.
    pub(crate) fn rollbacks(self) -> &'static str {
        let of = |(stage, name, _)| (stage == self).then_some(name);
        Self::ALL
            .into_iter()
            .find_map(of)
            .unwrap_or("rollbacks in FAILED")
    }

    /// Counter name of kills in this stage.
    pub(crate) fn kills(self) -> &'static str {
        let of = |(stage, _, name)| (stage == self).then_some(name);
        Self::ALL
            .into_iter()
            .find_map(of)
            .unwrap_or("kills in FAILED")
    }
}
