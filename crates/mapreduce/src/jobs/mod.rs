//! The jobs that come along, each a file.
//!
//! Beside them: `key` and `number`, cells as keys and numbers; `placed`, keys of the result with an order of their
//! own; `lines`, results that are lines; `raw`, jobs whose tasks are written by hand.

mod distinct;
mod grep;
mod group_by;
mod histogram;
mod inverted_index;
mod join;
mod key;
mod line_count;
mod lines;
mod number;
mod placed;
mod raw;
mod sort;
mod top;
mod word_count;

use crate::job::Registry;

/// Adds all of them.
pub(crate) fn add_all(registry: &mut Registry) {
    registry.add(word_count::job());
    registry.add(distinct::job());
    registry.add(group_by::job());
    registry.add(histogram::job());
    registry.add(inverted_index::job());
    registry.add(line_count::job());
    registry.add(grep::job());
    registry.add(join::job());
    registry.add(sort::job());
    registry.add(top::job());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::job::testing::Trial;
    use crate::job::{Job, Registry};

    /// Tries a job.
    pub(super) fn trial(job: impl Job + 'static) -> Trial {
        Trial::new(Arc::new(job))
    }

    /// The rows of the result, key and value with a space between; a key alone if the value is empty.
    pub(super) fn rows(trial: &Trial) -> Vec<String> {
        let rows = trial.run().unwrap().rows.into_iter();
        rows.map(|(key, value)| match value.is_empty() {
            true => key,
            false => format!("{key} {value}"),
        })
        .collect()
    }

    /// Checks that neither splits, nor partitions, nor memory change the result, and gives it.
    pub(super) fn always(trial: &Trial) -> Vec<String> {
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

    #[test]
    fn every_job_tells_what_it_does_in_a_line_and_how_it_is_called() {
        for job in Registry::built_in().iter() {
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
}
