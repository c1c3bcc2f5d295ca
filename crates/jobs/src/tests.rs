//! Helpers of the jobs' tests, and tests of all built-in jobs.

use std::sync::Arc;

use mapreduce_job::Job;
use mapreduce_job::testing::Trial;

/// Returns a trial of a job.
pub(crate) fn trial(job: impl Job + 'static) -> Trial {
    Trial::new(Arc::new(job))
}

/// Runs a trial and returns its rows as `key value`, or as `key` if the value is empty.
pub(crate) fn rows(trial: &Trial) -> Vec<String> {
    let rows = trial.run().unwrap().rows.into_iter();
    rows.map(|(key, value)| match value.is_empty() {
        true => key,
        false => format!("{key} {value}"),
    })
    .collect()
}

/// Checks that the numbers of splits and partitions and the memory do not change the rows, and returns the rows.
pub(crate) fn stable_rows(trial: &Trial) -> Vec<String> {
    let expected = rows(trial);
    for (splits, reduces, memory) in [(1, 4, 8 << 20), (3, 1, 32 << 10), (7, 5, 32 << 10)] {
        let other = trial.clone().splits(splits).reduces(reduces).memory(memory);
        assert_eq!(
            rows(&other),
            expected,
            "{splits} splits, {reduces} partitions"
        );
    }
    expected
}

/// Checks like [`stable_rows`], and returns the result as CSV with a header.
pub(crate) fn stable_csv(trial: &Trial) -> String {
    let expected = trial.run().unwrap().csv().to_owned();
    for (splits, reduces, memory) in [(1, 4, 8 << 20), (3, 1, 32 << 10), (7, 5, 32 << 10)] {
        let other = trial.clone().splits(splits).reduces(reduces).memory(memory);
        let outcome = other.run().unwrap();
        assert_eq!(
            outcome.csv(),
            expected,
            "{splits} splits, {reduces} partitions"
        );
    }
    expected
}

#[test]
fn every_job_has_a_summary_in_one_line_and_an_example() {
    for job in crate::registry().iter() {
        let info = job.info();
        assert!(
            !info.help.is_empty() && !info.help.contains('\n'),
            "{}",
            info.name
        );
        let named = info.example.contains(&format!("--job {}", info.name));
        assert!(named || info.name == "word-count", "{}", info.name);
        assert!(info.params.iter().all(|param| !param.help.is_empty()));
    }
}
