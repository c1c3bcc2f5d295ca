//! How jobs under fire came out, each and all.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::fault::Fault;
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
    /// A program ended, with this as its last word, where nothing excused it; or it panicked.
    Failed(String),
}

/// What faults have hit.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// SIGKILLs delivered to processes that ran.
    kills: u64,
    /// Faults that took effect, by kind; SIGKILLs too.
    hits: BTreeMap<&'static str, u64>,
    /// Faults that hit nothing: nobody ran, or nobody said a word meanwhile.
    misses: BTreeMap<&'static str, u64>,
}

/// A job that was run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) tally: Tally,
    /// Processes that ended at a crash point.
    pub(super) crashes: u64,
    /// Last words of processes whose end was excused by a shortage.
    pub(super) failures: BTreeMap<String, u64>,
    /// Workers there are, and those of them that had to leave by themselves once the job was over.
    pub(super) workers: u64,
    pub(super) judged: u64,
    pub(super) took: Duration,
}

impl Tally {
    /// Counts a fault.
    pub(super) fn struck(&mut self, fault: &Fault, hit: bool) {
        self.kills += u64::from(hit && fault.is_kill());
        let counts = if hit {
            &mut self.hits
        } else {
            &mut self.misses
        };
        *counts.entry(fault.kind()).or_default() += 1;
    }
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
        self.verdict == Verdict::Exact && self.tally.kills >= LEAST_KILLS
    }

    pub(super) fn line(&self) -> String {
        let Tally {
            kills,
            hits,
            misses,
        } = &self.tally;
        format!(
            "{:?}, {:.1} s, {kills} SIGKILLs, {} other faults ({} more hit nothing), {} crash points, {} excused \
             failures, {} of {} workers judged for leaving",
            self.verdict,
            self.took.as_secs_f64(),
            hits.values().sum::<u64>() - kills,
            misses.values().sum::<u64>(),
            self.crashes,
            self.failures.values().sum::<u64>(),
            self.judged,
            self.workers,
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
    hits: BTreeMap<&'static str, u64>,
    misses: BTreeMap<&'static str, u64>,
    workers: u64,
    judged: u64,
    failures: BTreeMap<String, u64>,
    longest: Duration,
}

impl Summary {
    pub(super) fn add(&mut self, report: &Report) {
        self.jobs += 1;
        *self.verdicts.entry(report.verdict.name()).or_default() += 1;
        self.good += u64::from(report.is_good());
        self.kills += report.tally.kills;
        let least = self.least_kills.unwrap_or(u64::MAX);
        self.least_kills = Some(least.min(report.tally.kills));
        self.crashes += report.crashes;
        self.workers += report.workers;
        self.judged += report.judged;
        self.longest = self.longest.max(report.took);
        for (&kind, count) in &report.tally.hits {
            *self.hits.entry(kind).or_default() += count;
        }
        for (&kind, count) in &report.tally.misses {
            *self.misses.entry(kind).or_default() += count;
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
            lines += &format!("excused {count} times: {words}\n");
        }
        for (kind, count) in &self.hits {
            lines += &format!("{kind}: {count}\n");
        }
        for (kind, count) in &self.misses {
            lines += &format!("{kind}, hit nothing: {count}\n");
        }
        lines + &self.to_string() + &format!(", time {:.0} s", took.as_secs_f64())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |name| self.verdicts.get(name).copied().unwrap_or(0);
        write!(
            f,
            "crash points: {}\nworkers judged for leaving: {} of {}\nlongest job: {:.1} s\njobs {}, SIGKILLs {} (least {}, mean {:.1} a job)\nexact {}",
            self.crashes,
            self.judged,
            self.workers,
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
            let tally = Tally {
                kills,
                ..Tally::default()
            };
            summary.add(&Report {
                tally,
                workers: 3,
                judged: 2,
                ..Report::default()
            });
        }
        assert_eq!(summary.bad(), 1);
        let lines = summary.lines(Duration::from_secs(7));
        assert!(lines.contains("SIGKILLs 18 (least 4, mean 6.0 a job)"));
        assert!(lines.contains("workers judged for leaving: 6 of 9"));
        assert!(
            lines.ends_with("exact 3, lost 0, duplicated 0, wrong 0, failed 0, hung 0, time 7 s")
        );
    }

    #[test]
    fn a_fault_that_hit_nothing_is_told_apart() {
        let disk = Fault::FullDisk {
            length: Duration::ZERO,
        };
        let mut tally = Tally::default();
        for hit in [true, false, true] {
            tally.struck(&disk, hit);
        }
        let mut summary = Summary::default();
        summary.add(&Report {
            tally,
            ..Report::default()
        });
        let lines = summary.lines(Duration::ZERO);
        assert!(lines.contains("full disk: 2\nfull disk, hit nothing: 1\n"));
    }
}
