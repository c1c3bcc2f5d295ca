//! Trying a job on a sample of the input, through the reader, the mapper and the combiner of the workers.

use std::path::PathBuf;
use std::slice::from_ref;
use std::sync::atomic::AtomicBool;
use std::thread;

use mapreduce::input::Compression;
use mapreduce::job::{Job, MapSink, Reduction, TaskContext};
use mapreduce::shuffle::{
    CollectOptions, Combiner, PairCollector, PartitionBy, Scratch, ShuffleError, WrittenBlob,
};
use mapreduce::{Aggregate, FileFormat, JobSpec, MapAttempt, Plan, Split};

use super::estimate::{Estimate, Kind, Law, Point};
use super::{Request, blocking};

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
/// Bytes of a sample that tells where to cut a range of keys, and its places: the more, the evener.
const BOUNDS: u64 = 4 << 20;
const BOUNDS_PLACES: u64 = 128;
/// Most bytes of a key that a bound keeps.
const BOUND: usize = 256;
/// What is added to the average record of a sample: the most frequent words have long counts.
const LONG_COUNT: u64 = 8;

/// How much the map and reduce tasks of `plan`, which is that of `request`, will put into the store of blobs.
/// Input that cannot be read gives nothing here: mapping it will tell why.
pub(crate) async fn estimate(plan: &Plan, request: &Request) -> Estimate {
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
    let (inputs, code) = (request.inputs.clone(), request.code.clone());
    blocking(move || {
        let sample = Sample {
            inputs: &inputs,
            spec: &spec,
            code: &*code,
        };
        let kinds = kinds
            .into_iter()
            .map(|(compression, splits)| sample.kind(compression, &splits));
        Estimate::of(&spec, &kinds.collect::<Vec<_>>())
    })
    .await
}

/// The first keys of all partitions but the first, in hexadecimal: `spec.reduces` partitions of about the same
/// number of keys, judged by a sample, or fewer if there are not as many different keys in it.
pub(super) fn bounds(
    inputs: &[PathBuf],
    spec: &JobSpec,
    code: &dyn Job,
    splits: &[Split],
) -> Vec<String> {
    if splits.is_empty() || spec.reduces <= 1 || !code.can_be_sampled() {
        return Vec::new();
    }
    let sample = Sample { inputs, spec, code };
    let mut keys = Vec::new();
    for place in places(splits, BOUNDS, BOUNDS_PLACES) {
        sample.map(&place, &mut MapSink::keys(&mut keys));
    }
    keys.sort_unstable();
    let (count, reduces) = (keys.len(), spec.reduces as usize);
    // The start of a key is a bound as well, and a plan is no place for keys of megabytes.
    let quantile = |nth: usize| {
        keys.get(nth * count / reduces)
            .map(|key| &key[..key.len().min(BOUND)])
    };
    let mut bounds: Vec<&[u8]> = (1..reduces).filter_map(quantile).collect();
    bounds.dedup();
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect();
    bounds.into_iter().map(hex).collect()
}

/// What a sample is taken of, and with.
struct Sample<'a> {
    inputs: &'a [PathBuf],
    spec: &'a JobSpec,
    code: &'a dyn Job,
}

impl Sample<'_> {
    fn kind(&self, compression: Option<Compression>, splits: &[Split]) -> Kind {
        let lens: Vec<u64> = splits.iter().map(|split| split.end - split.start).collect();
        let total: u64 = lens.iter().sum();
        let record = self.spec.max_record;
        if !self.code.can_be_sampled() {
            let law = Law::same();
            return Kind { lens, law, record };
        }
        // Parquet is compressed inside.
        let packed = compression.is_some() || splits.iter().any(is_parquet);
        if total <= SMALL && !packed {
            let law = Law::bound();
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
            let large = scope.spawn(|| self.count(&places));
            let small = match &places[..] {
                [only] => self.count(&[prefix(only, (only.end - only.start) / 4)]),
                places => mean(places.iter().map(|place| self.count(from_ref(place)))),
            };
            large.join().map(|large| (small, large))
        });
        let (small, (large, records)) = counted.expect("trying a sample does not panic");
        Kind {
            lens,
            law: Law::through(small.0, large),
            record: large.records / records.max(1) + LONG_COUNT,
        }
    }

    /// What came of `places`, and how many records that is.
    fn count(&self, places: &[Split]) -> (Point, u64) {
        let scratch = Scratch {
            memory: 64 << 20,
            folder: None,
        };
        let go_on = AtomicBool::new(false);
        let run = match self.spec.shape.reduction {
            Reduction::Sum => {
                let mut combiner = Combiner::new(scratch);
                for place in places {
                    self.map(place, &mut MapSink::counts(&mut combiner));
                }
                combiner.finish_run(0, 1, self.spec.compress, &go_on)
            }
            Reduction::Groups => self.gather(scratch, places, &go_on),
        };
        let input = places.iter().map(|place| place.end - place.start).sum();
        let (bytes, records) = run.map_or((0, 0), |run| (run.bytes.len(), run.records));
        let records_only = bytes.saturating_sub(EMPTY);
        let point = Point {
            input,
            records: records_only,
        };
        (point, records)
    }

    fn gather(
        &self,
        scratch: Scratch,
        places: &[Split],
        go_on: &AtomicBool,
    ) -> Result<WrittenBlob, ShuffleError> {
        let options = CollectOptions {
            partition: PartitionBy::Hash(1),
            sort_values: false,
            compress: self.spec.compress,
        };
        let mut pairs = PairCollector::new(scratch, options);
        for place in places {
            self.map(place, &mut MapSink::pairs(&mut pairs));
        }
        if self.spec.shape.combine
            && let Ok(Some(combiner)) = self.code.combiner(&self.context(None))
        {
            pairs = pairs.with_combiner(combiner);
        }
        let run = pairs.finish_run(0, None, go_on)?;
        run.map_err(|error| ShuffleError::Io(std::io::Error::other(error)))
    }

    /// Maps a place. What was emitted before an error counts: nearly every sample ends inside a record.
    fn map(&self, place: &Split, out: &mut MapSink<'_>) {
        let spec = JobSpec {
            strict: false,
            ..self.spec.clone()
        };
        let attempt = MapAttempt {
            inputs: self.inputs,
            split: place,
            spec: &spec,
            cancelled: &AtomicBool::new(false),
        };
        if let Ok(mut task) = self.code.mapper(&self.context(Some(place))) {
            drop(attempt.run(&mut *task, out));
        }
    }

    fn context(&self, split: Option<&Split>) -> TaskContext {
        TaskContext {
            job: self.spec.name.clone(),
            params: self.spec.params.clone(),
            tokenizer: self.spec.tokenizer,
            reduces: self.spec.reduces,
            input_names: self.spec.input_names.clone(),
            split: split.cloned(),
            ..TaskContext::default()
        }
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
    if is_parquet(split) {
        // Row groups are read whole or not at all.
        return split.clone();
    }
    Split {
        end: split.end.min(split.start + len),
        // For messages that nobody reads; without it the file would be read from its start.
        line: Some(1),
        ..split.clone()
    }
}

fn is_parquet(split: &Split) -> bool {
    matches!(split.file.format, FileFormat::Parquet { .. })
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

    use mapreduce::{InputFile, Registry};
    use runtime::{Settings, SettingsArgs, Surroundings};

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
            compress,
            max_record: 1 << 20,
            ..JobSpec::word_count(2)
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

    fn request(inputs: &[PathBuf]) -> Request {
        let settings = Settings::read(&SettingsArgs::default(), &Surroundings::default());
        let request = Request::new(&settings.unwrap(), &mapreduce_jobs::registry()).unwrap();
        Request {
            inputs: inputs.to_vec(),
            ..request
        }
    }

    /// Checks that the estimate for `text` is enough, and at most twice as much as that.
    async fn check(text: &str, compress: bool) {
        let folder = tempfile::tempdir().unwrap();
        let (plan, path) = plan(&folder, text, compress);
        let inputs = [path];
        let Estimate { runs, parts } = estimate(&plan, &request(&inputs)).await;
        let code = mapreduce_jobs::registry().get("word-count").unwrap();
        let sample = Sample {
            inputs: &inputs,
            spec: plan.spec(),
            code: &*code,
        };
        let count = |splits: &[Split]| sample.count(splits).0.records;
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
        let Estimate { runs, parts } = estimate(&plan, &request(&nowhere)).await;
        assert_eq!((runs, parts), (16 + 2 * 48 + 36, 2 * 64 + 36));
    }
}
