//! Map attempts.

use std::sync::atomic::AtomicBool;

use mapreduce::shuffle::{Combiner, ShuffleError, Spooled};
use mapreduce::{Aggregate, MapError, Mapped, Split, map_split};
use store::{Blob, Claim, Stored};
use tracing::warn;

use super::{Bench, attempt_name};
use crate::core::{AttemptOutcome, Job, Output};

/// Maps `split` and packs what comes of it as the job wants it. CPU-bound.
pub(super) fn map(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    split: &Split,
    cancelled: &AtomicBool,
) -> AttemptOutcome {
    let mut combiner = bench.combiner();
    let outcome = attempt(bench, job, claim, split, &mut combiner, cancelled);
    // A combiner of a failed attempt may be half full.
    combiner.clear();
    bench.put_back(combiner);
    match outcome {
        Ok(outcome) => outcome,
        Err(MapError::Cancelled) => AttemptOutcome::Cancelled,
        Err(error) => AttemptOutcome::Failed {
            reason: error.to_string(),
            hopeless: error.is_final(),
        },
    }
}

fn attempt(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    split: &Split,
    combiner: &mut Combiner,
    cancelled: &AtomicBool,
) -> Result<AttemptOutcome, MapError> {
    let Mapped {
        counters,
        first_short,
    } = map_split(&bench.inputs, split, &job.spec, combiner, cancelled)?;
    if let Some(place) = first_short {
        let records = counters.short_records;
        warn!(
            records,
            first = place,
            "records with fewer cells than the header"
        );
    }
    let spilled = |error| match error {
        ShuffleError::Cancelled => MapError::Cancelled,
        error => MapError::Spill(error),
    };
    let output = if job.spec.aggregate == Aggregate::Live {
        let pairs = combiner.finish_pairs(cancelled).map_err(spilled)?;
        Output::Counts(pairs.into())
    } else {
        let (index, spec) = (claim.task.index.0, &job.spec);
        let run = combiner.finish_run(index, spec.reduces, spec.compress, cancelled);
        let run = run.map_err(spilled)?;
        let stored = Stored {
            attempt: attempt_name(&bench.name, claim),
            bytes: run.bytes.len(),
            records: run.records,
            sum: run.sum,
        };
        match run.records {
            0 => Output::Ready(stored),
            _ => Output::Blob(stored, blob(run.bytes)),
        }
    };
    Ok(AttemptOutcome::Output(output, counters))
}

/// What an attempt wrote, as something to be stored.
pub(super) fn blob(bytes: Spooled) -> Blob {
    match bytes {
        Spooled::Memory(bytes) => Blob::Memory(bytes),
        Spooled::File(path, len) => Blob::File(path.into(), len),
    }
}
