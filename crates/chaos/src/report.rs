//! Results of single jobs and of all jobs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::schedule::LEAST_KILLS;
use crate::tally::Tally;
use crate::verdict::Verdict;

/// Result of a job.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) tally: Tally,
    /// Number of processes that ended at a crash point.
    pub(crate) crashes: u64,
    /// Last errors of processes whose exit a shortage excuses, with their numbers.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Number of workers.
    pub(crate) workers: u64,
    /// Number of workers that had joined the job and so had to end after it.
    pub(crate) judged: u64,
    /// Duration of the job.
    pub(crate) took: Duration,
}

impl Report {
    /// Returns whether the result is exact and enough SIGKILLs hit the job.
    pub(crate) fn is_passed(&self) -> bool {
        self.verdict == Verdict::Exact && self.tally.kills >= LEAST_KILLS
    }

    /// The report in one line.
    pub(crate) fn line(&self) -> String {
        let Tally {
            kills,
            hits,
            misses,
        } = &self.tally;
        format!(
            "{:?}, {:.1} s, {kills} SIGKILLs, {} other faults ({} more without effect), {} crash points, \
             {} excused failures, {} of {} workers checked for ending",
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

/// Results of all jobs.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    jobs: u64,
    verdicts: BTreeMap<&'static str, u64>,
    passed: u64,
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
    /// Adds the result of a job.
    pub(crate) fn add(&mut self, report: &Report) {
        self.jobs += 1;
        *self.verdicts.entry(report.verdict.name()).or_default() += 1;
        self.passed += u64::from(report.is_passed());
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

    /// Number of jobs that did not pass.
    pub(crate) fn failed(&self) -> u64 {
        self.jobs - self.passed
    }

    /// Returns the last lines of a run that took this long.
    pub(crate) fn lines(&self, took: Duration) -> String {
        let mut lines = String::new();
        for (words, count) in &self.failures {
            lines += &format!("excused {count} times: {words}\n");
        }
        for (kind, count) in &self.hits {
            lines += &format!("{kind}: {count}\n");
        }
        for (kind, count) in &self.misses {
            lines += &format!("{kind}, without effect: {count}\n");
        }
        lines + &self.to_string() + &format!(", time {:.0} s", took.as_secs_f64())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |name| self.verdicts.get(name).copied().unwrap_or(0);
        write!(
            f,
            "crash points: {}\nworkers checked for ending: {} of {}\nlongest job: {:.1} s\njobs {}, SIGKILLs {} (least {}, mean {:.1} a job)\nexact {}",
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
    use crate::fault::Fault;

    #[test]
    fn a_job_with_too_few_kills_does_not_pass() {
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
        assert_eq!(summary.failed(), 1);
        let lines = summary.lines(Duration::from_secs(7));
        assert!(lines.contains("SIGKILLs 18 (least 4, mean 6.0 a job)"));
        assert!(lines.contains("workers checked for ending: 6 of 9"));
        assert!(
            lines.ends_with("exact 3, lost 0, duplicated 0, wrong 0, failed 0, hung 0, time 7 s")
        );
    }

    #[test]
    fn faults_without_effect_are_counted_separately() {
        let disk = Fault::FullDisk {
            length: Duration::ZERO,
        };
        let mut tally = Tally::default();
        for hit in [true, false, true] {
            tally.record(&disk, hit);
        }
        let mut summary = Summary::default();
        summary.add(&Report {
            tally,
            ..Report::default()
        });
        let lines = summary.lines(Duration::ZERO);
        assert!(lines.contains("full disk: 2\nfull disk, without effect: 1\n"));
    }
}
