//! How jobs under fire came out, each and all.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::schedule::LEAST_KILLS;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Exact,
    /// Less than there should be.
    Lost(String),
    /// More than there should be.
    Duplicated(String),
    /// What is wrong in another way.
    Wrong(String),
    /// Who hangs.
    Hung(String),
    /// A program gave the job up, with this as its last word.
    Failed(String),
}

/// A job that was run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    /// SIGKILLs delivered to processes that ran.
    pub(super) kills: u64,
    /// Faults that took effect, by kind; SIGKILLs too.
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// Processes that ended at a crash point.
    pub(super) crashes: u64,
    /// Last words of processes that gave up because of a shortage or of something else, and were started again.
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) took: Duration,
}

impl Verdict {
    fn name(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Lost(_) => "lost",
            Self::Duplicated(_) => "duplicated",
            Self::Wrong(_) => "wrong",
            Self::Hung(_) => "hung",
            Self::Failed(_) => "failed",
        }
    }
}

impl Report {
    /// Whether all is as it should be.
    pub(super) fn is_good(&self) -> bool {
        self.verdict == Verdict::Exact && self.kills >= LEAST_KILLS
    }

    pub(super) fn line(&self) -> String {
        let faults: u64 = self.faults.values().sum();
        format!(
            "{:?}, {:.1} s, {} SIGKILLs, {} other faults, {} crash points, {} failures",
            self.verdict,
            self.took.as_secs_f64(),
            self.kills,
            faults - self.kills,
            self.crashes,
            self.failures.values().sum::<u64>(),
        )
    }
}

/// What all jobs came to.
#[derive(Debug, Default)]
pub(super) struct Summary {
    jobs: u64,
    verdicts: BTreeMap<&'static str, u64>,
    good: u64,
    kills: u64,
    least_kills: Option<u64>,
    crashes: u64,
    faults: BTreeMap<&'static str, u64>,
    failures: BTreeMap<String, u64>,
    longest: Duration,
}

impl Summary {
    pub(super) fn add(&mut self, report: &Report) {
        self.jobs += 1;
        *self.verdicts.entry(report.verdict.name()).or_default() += 1;
        self.good += u64::from(report.is_good());
        self.kills += report.kills;
        let least = self.least_kills.unwrap_or(u64::MAX);
        self.least_kills = Some(least.min(report.kills));
        self.crashes += report.crashes;
        self.longest = self.longest.max(report.took);
        for (&kind, count) in &report.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for (words, count) in &report.failures {
            *self.failures.entry(words.clone()).or_default() += count;
        }
    }

    /// Jobs that are not as they should be.
    pub(super) fn bad(&self) -> u64 {
        self.jobs - self.good
    }

    /// The last lines of a run that took so long.
    pub(super) fn lines(&self, took: Duration) -> String {
        let mut lines = String::new();
        for (words, count) in &self.failures {
            lines += &format!("started again {count} times after: {words}\n");
        }
        for (kind, count) in &self.faults {
            lines += &format!("{kind}: {count}\n");
        }
        lines + &self.to_string() + &format!(", time {:.0} s", took.as_secs_f64())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |name| self.verdicts.get(name).copied().unwrap_or(0);
        write!(
            f,
            "crash points: {}\nlongest job: {:.1} s\njobs {}, SIGKILLs {} (least {}, mean {:.1} a job)\nexact {}",
            self.crashes,
            self.longest.as_secs_f64(),
            self.jobs,
            self.kills,
            self.least_kills.unwrap_or(0),
            self.kills as f64 / self.jobs.max(1) as f64,
            verdict("exact"),
        )?;
        for name in ["lost", "duplicated", "wrong", "failed", "hung"] {
            write!(f, ", {name} {}", verdict(name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_with_too_few_kills_proves_too_little() {
        let mut summary = Summary::default();
        for kills in [5, 4, 9] {
            let kills = Report {
                kills,
                ..Report::default()
            };
            summary.add(&kills);
        }
        assert_eq!(summary.bad(), 1);
        let lines = summary.lines(Duration::from_secs(7));
        assert!(lines.contains("SIGKILLs 18 (least 4, mean 6.0 a job)"));
        assert!(
            lines.ends_with("exact 3, lost 0, duplicated 0, wrong 0, failed 0, hung 0, time 7 s")
        );
    }
}
