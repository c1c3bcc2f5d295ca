//! Counting a sample of the input, through the reader, the tokenizer and the combiner of the workers.

use std::path::PathBuf;
use std::slice::from_ref;
use std::sync::atomic::AtomicBool;
use std::thread;

use mapreduce::input::Compression;
use mapreduce::shuffle::{Combiner, Scratch};
use mapreduce::{Aggregate, JobSpec, Plan, Split, map_split};

use super::blocking;
use super::estimate::{Estimate, Kind, Law, Point};

/// Input up to this many bytes is taken for the worst that its length allows: a job of a few lines is not
/// to be counted twice.
const SMALL: u64 = 64 << 10;
/// Bytes of a sample: a core counts them in some 5 ms.
const SAMPLE: u64 = 1 << 20;
/// The same of compressed files, which are several times as long once decompressed. A block of bzip2 is
/// up to 900 kB then, and comes whole or not at all: one place has to do, and there is no second point.
const COMPRESSED: u64 = 256 << 10;
const BZIP2: u64 = 512 << 10;
/// Splits that a sample is taken from, if there are as many, and if they fill it.
const PLACES: u64 = 4;
/// Most of them, where splits are small.
const MOST_PLACES: u64 = 64;
/// What is added to the average record of a sample: the most frequent words have long counts.
const LONG_COUNT: u64 = 8;

/// How much the map and reduce tasks of `plan`, whose files lie below `inputs`, will put into the store of blobs.
/// Input that cannot be read gives nothing here: mapping it will tell why.
pub(crate) async fn estimate(plan: &Plan, inputs: &[PathBuf]) -> Estimate {
    if plan.spec().aggregate != Aggregate::Shuffle {
        return Estimate::default();
    }
    let (spec, splits) = (plan.spec().clone(), plan.splits());
    let mut kinds: Vec<(Option<Compression>, Vec<Split>)> = Vec::new();
    for split in splits {
        let kind = split.file.compression;
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, alike)) => alike.push(split.clone()),
            None => kinds.push((kind, vec![split.clone()])),
        }
    }
    let inputs = inputs.to_vec();
    blocking(move || {
        let kinds = kinds
            .into_iter()
            .map(|(compression, splits)| kind(&inputs, &spec, compression, &splits));
        Estimate::of(&spec, &kinds.collect::<Vec<_>>())
    })
    .await
}

fn kind(
    inputs: &[PathBuf],
    spec: &JobSpec,
    compression: Option<Compression>,
    splits: &[Split],
) -> Kind {
    let lens: Vec<u64> = splits.iter().map(|split| split.end - split.start).collect();
    let total: u64 = lens.iter().sum();
    if total <= SMALL && compression.is_none() {
        let (law, record) = (Law::bound(), spec.max_record);
        return Kind { lens, law, record };
    }
    let (size, most) = match compression {
        None => (SAMPLE, MOST_PLACES),
        Some(Compression::Bzip2) => (BZIP2, 1),
        Some(_) => (COMPRESSED, MOST_PLACES),
    };
    let places = places(splits, size, most);
    // Half of the work is done twice to see how the words of one place grow with those of others.
    let counted = thread::scope(|scope| {
        let large = scope.spawn(|| count(inputs, spec, &places));
        let small = match &places[..] {
            [only] => count(inputs, spec, &[prefix(only, (only.end - only.start) / 4)]),
            places => mean(
                places
                    .iter()
                    .map(|place| count(inputs, spec, from_ref(place))),
            ),
        };
        large.join().map(|large| (small, large))
    });
    let (small, (large, records)) = counted.expect("counting a sample does not panic");
    Kind {
        lens,
        law: Law::through(small.0, large),
        record: large.records / records.max(1) + LONG_COUNT,
    }
}

/// The starts of some splits, at most `most`, spread over all of them, together about `size` bytes.
fn places(splits: &[Split], size: u64, most: u64) -> Vec<Split> {
    let count = splits.len() as u64;
    let total: u64 = splits.iter().map(|split| split.end - split.start).sum();
    let filling = size.div_ceil((total / count).max(1));
    let places = filling.max(PLACES).min(most).min(count);
    let nth = |place: u64| &splits[((2 * place + 1) * count / (2 * places)) as usize];
    (0..places)
        .map(|place| prefix(nth(place), size / places))
        .collect()
}

/// The first `len` bytes of a split. It may end inside a record, which does not matter in a sample.
fn prefix(split: &Split, len: u64) -> Split {
    Split {
        end: split.end.min(split.start + len),
        // For messages that nobody reads; without it the file would be read from its start.
        line: Some(1),
        ..split.clone()
    }
}

/// What came of `places`, and how many records that is.
fn count(inputs: &[PathBuf], spec: &JobSpec, places: &[Split]) -> (Point, u64) {
    let scratch = Scratch {
        memory: 64 << 20,
        folder: None,
    };
    let mut combiner = Combiner::new(scratch);
    let go_on = AtomicBool::new(false);
    let spec = JobSpec {
        strict: false,
        ..spec.clone()
    };
    for place in places {
        // What was counted before an error counts: nearly every sample ends inside a record.
        drop(map_split(inputs, place, &spec, &mut combiner, &go_on));
    }
    let input = places.iter().map(|place| place.end - place.start).sum();
    let run = combiner.finish_run(0, 1, spec.compress, &go_on);
    let (bytes, records) = run.map_or((0, 0), |run| (run.bytes.len(), run.records));
    let records_only = bytes.saturating_sub(EMPTY);
    let point = Point {
        input,
        records: records_only,
    };
    (point, records)
}

/// Bytes of a run without records: its header and one entry.
const EMPTY: u64 = 16 + 32;

fn mean(points: impl ExactSizeIterator<Item = (Point, u64)>) -> (Point, u64) {
    let count = points.len() as u64;
    let (mut input, mut bytes, mut records) = (0, 0, 0);
    for (point, more) in points {
        input += point.input;
        bytes += point.records;
        records += more;
    }
    let point = Point {
        input: input / count,
        records: bytes / count,
    };
    (point, records / count)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use mapreduce::{FileFormat, InputFile, Tokenizer};

    use super::*;
    use crate::planner::estimate::within_redis;

    /// A plan of a file with this text, in splits of 256 KiB.
    fn plan(folder: &tempfile::TempDir, text: &str, compress: bool) -> (Plan, PathBuf) {
        let path = folder.path().join("text.txt");
        fs::write(&path, text).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let file = InputFile {
            root: 0,
            path: String::new(),
            len: text.len() as u64,
            modified: modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64,
            format: FileFormat::Text,
            compression: None,
        };
        let spec = JobSpec {
            name: "word-count".into(),
            aggregate: Aggregate::Shuffle,
            reduces: 2,
            compress,
            tokenizer: Tokenizer::Words,
            strict: false,
            max_record: 1 << 20,
            top: None,
            part_files: None,
        };
        let starts = (0..text.len()).step_by(256 << 10);
        let splits = starts.map(|start| Split {
            file: file.clone(),
            start: start as u64,
            end: text.len().min(start + (256 << 10)) as u64,
            skip: 0,
            line: None,
        });
        (Plan::new(spec, splits.collect()), path)
    }

    /// Checks that the estimate for `text` is enough, and at most twice as much as that.
    async fn check(text: &str, compress: bool) {
        let folder = tempfile::tempdir().unwrap();
        let (plan, path) = plan(&folder, text, compress);
        let inputs = [path];
        let Estimate { runs, parts } = estimate(&plan, &inputs).await;
        let count = |splits: &[Split]| count(&inputs, plan.spec(), splits).0.records;
        let splits = plan.splits();
        let real_runs: u64 = splits.iter().map(|split| count(from_ref(split))).sum();
        let real_parts = count(splits);
        for (estimated, real) in [(runs, real_runs), (parts, real_parts)] {
            // What Redis is asked for is more than the estimate.
            let enough = within_redis(estimated) >= real && estimated <= 2 * real + 2000;
            assert!(enough, "{estimated} for {real}");
        }
    }

    /// Words of which `share` in a thousand come but once, and the others as in a language.
    fn text(share: u64) -> String {
        let mut text = String::new();
        let mut state = 1u64;
        let mut number = 0;
        while text.len() < 6 << 20 {
            // The numbers of Knuth's generator; their high bits look random.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let chance = (state >> 33) as f64 / (1u64 << 31) as f64;
            number += 1;
            let word = match number % 1000 < share {
                true => format!("only{number}"),
                false => format!("{:x}", (1e7f64.powf(chance)) as u64),
            };
            text += &word;
            text.push(if number % 10 == 0 { '\n' } else { ' ' });
        }
        text
    }

    #[tokio::test]
    async fn enough_is_estimated_and_at_most_twice_as_much() {
        for share in [0, 50, 1000] {
            for compress in [false, true] {
                check(&text(share), compress).await;
            }
        }
    }

    #[tokio::test]
    async fn a_few_lines_are_not_counted_but_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let (plan, _) = plan(&folder, "a b c d\ne f\n", false);
        let nowhere = [PathBuf::from("/nowhere")];
        let Estimate { runs, parts } = estimate(&plan, &nowhere).await;
        assert_eq!((runs, parts), (16 + 2 * 48 + 36, 2 * 64 + 36));
    }
}
