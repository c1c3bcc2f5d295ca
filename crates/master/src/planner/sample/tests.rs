//! Estimates for generated text.

use std::fs;
use std::path::PathBuf;
use std::slice::from_ref;
use std::time::UNIX_EPOCH;

use mapreduce_core::{FileFormat, InputFile, JobSpec, Plan, Split};
use settings::{Environment, Settings, SettingsArgs};

use super::estimate_storage;
use super::trial::Trial;
use crate::planner::request::Request;
use crate::planner::shuffle_estimate::{StorageEstimate, with_redis_overhead};

/// Plans a file with this text in splits of 256 KiB.
fn plan(folder: &tempfile::TempDir, text: &str, compress: bool) -> (Plan, PathBuf) {
    let path = folder.path().join("text.txt");
    fs::write(&path, text).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let file = InputFile {
        input_index: 0,
        path: String::new(),
        len: text.len() as u64,
        modified: modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64,
        format: FileFormat::Text,
        compression: None,
        encoding: None,
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
    let settings = Settings::read(&SettingsArgs::default(), &Environment::default());
    let request = Request::new(&settings.unwrap(), &mapreduce_jobs::registry()).unwrap();
    Request {
        inputs: inputs.to_vec(),
        ..request
    }
}

/// Checks that the estimate for `text` suffices, and that it is at most twice the real size.
async fn check(text: &str, compress: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (plan, path) = plan(&folder, text, compress);
    let inputs = [path];
    let StorageEstimate { runs, results } = estimate_storage(&plan, &request(&inputs)).await;
    let code = mapreduce_jobs::registry().get("word-count").unwrap();
    let trial = Trial {
        inputs: &inputs,
        spec: plan.spec(),
        code: &*code,
    };
    let count = |splits: &[Split]| trial.count(splits).size.records;
    let splits = plan.splits();
    let real_runs: u64 = splits.iter().map(|split| count(from_ref(split))).sum();
    let real_results = count(splits);
    for (estimated, real) in [(runs, real_runs), (results, real_results)] {
        // The master requires more memory of Redis than the estimate alone.
        let enough = with_redis_overhead(estimated) >= real && estimated <= 2 * real + 2000;
        assert!(enough, "{estimated} for {real}");
    }
}

/// Generates words: `share` in a thousand are unique, and the others are distributed as in a language.
fn text(share: u64) -> String {
    let mut text = String::new();
    let mut state = 1u64;
    let mut number = 0;
    while text.len() < 6 << 20 {
        // This is Knuth's linear congruential generator. Only its high bits look random.
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
async fn an_estimate_suffices_and_is_at_most_twice_the_real_size() {
    for share in [0, 50, 1000] {
        for compress in [false, true] {
            check(&text(share), compress).await;
        }
    }
}

#[tokio::test]
async fn a_small_input_gets_an_upper_bound_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, _) = plan(&folder, "a b c d\ne f\n", false);
    let nowhere = [PathBuf::from("/nowhere")];
    let StorageEstimate { runs, results } = estimate_storage(&plan, &request(&nowhere)).await;
    assert_eq!((runs, results), (16 + 2 * 48 + 36, 2 * 64 + 36));
}
