//! Numbers of faults.

use std::collections::BTreeMap;

use crate::fault::Fault;

/// Numbers of the faults of a job.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Number of SIGKILLs that hit a running process.
    pub(crate) kills: u64,
    /// Number of faults that took effect by kind, including SIGKILLs.
    pub(crate) hits: BTreeMap<&'static str, u64>,
    /// Number of faults without an effect by kind: the process was down or sent nothing.
    pub(crate) misses: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a fault.
    pub(crate) fn record(&mut self, fault: &Fault, hit: bool) {
        self.kills += u64::from(hit && fault.is_kill());
        let counts = if hit {
            &mut self.hits
        } else {
            &mut self.misses
        };
        *counts.entry(fault.kind()).or_default() += 1;
    }
}
