//! The layers together, from variables, files and flags to settings or an error.

mod environment;
mod refusals;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use mapreduce::{Aggregate, Format, Tokenizer};
use tempfile::TempDir;

use super::*;
use crate::crash::CrashPoint;

#[derive(Debug, Parser)]
#[command(about = "about the command")]
struct Command {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What a process finds: variables, a text in `mapreduce.toml` (none if empty), flags.
fn read(variables: &[(&str, &str)], file: &str, flags: &[&str]) -> Result<Settings, SettingsError> {
    let folder = TempDir::new().unwrap();
    if !file.is_empty() {
        std::fs::write(folder.path().join("mapreduce.toml"), file).unwrap();
    }
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let around = Surroundings {
        variables: variables.iter().map(owned).collect::<BTreeMap<_, _>>(),
        folder: folder.path().to_owned(),
    };
    let flags = [&["command"], flags].concat();
    Settings::read(&Command::try_parse_from(flags).unwrap().settings, &around)
}

fn error(variables: &[(&str, &str)], file: &str, flags: &[&str]) -> String {
    read(variables, file, flags).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_those_of_the_reference() {
    let all = read(&[], "", &[]).unwrap();
    assert_eq!(all.redis.url, "redis://127.0.0.1:6379");
    assert_eq!(all.redis.deadline, Duration::from_secs(60));
    assert_eq!(all.job.name, "word-count");
    assert_eq!(all.job.input, [PathBuf::from("input/")]);
    assert_eq!(all.job.output, PathBuf::from("output/results.json"));
    assert_eq!((all.job.id, all.job.aggregate), (None, Aggregate::Shuffle));
    assert_eq!(all.job.stall_notice, Duration::from_secs(20));
    assert_eq!(all.job.stall_timeout, Some(Duration::from_secs(300)));
    assert_eq!(all.job.keep, Duration::from_secs(3600));
    assert_eq!((all.input.format, all.input.column), (Format::Auto, None));
    assert_eq!((all.input.delimiter, all.input.pointer), (None, Vec::new()));
    assert_eq!(all.input.tokenizer, Tokenizer::Words);
    assert_eq!((all.input.split_size, all.input.chunk_lines), (None, None));
    assert_eq!(
        (all.input.strict, all.input.max_record.get()),
        (false, 256 << 20)
    );
    assert_eq!(
        all.worker.slots as usize,
        std::thread::available_parallelism().unwrap().get()
    );
    assert_eq!(all.worker.lease, Duration::from_secs(30));
    assert_eq!(
        (all.worker.max_attempts, all.worker.slow),
        (4, Duration::ZERO)
    );
    assert_eq!(
        (all.worker.memory.get(), all.worker.temp_folder),
        (64 << 20, None)
    );
    assert_eq!(all.job.reduces, None);
    assert_eq!(
        (all.output.format, all.output.top, all.output.parts),
        (None, None, false)
    );
    assert_eq!((all.shuffle.store, all.shuffle.compression), (None, false));
    assert_eq!(all.shuffle.expire, Duration::from_secs(3600));
    assert_eq!(all.checkpoint.interval, Some(Duration::from_secs(5)));
    assert_eq!(
        (all.log.format, all.log.level.as_str()),
        (LogFormat::Text, "info")
    );
    assert_eq!(
        all.crash,
        CrashSettings {
            at: None,
            probability: 1.0,
            skip: 0,
            seed: None
        }
    );
}

#[test]
fn each_layer_overrides_those_below() {
    let file = "[worker]\nslots = 2";
    let variable = ("MAPREDUCE__WORKER__SLOTS", "3");
    let slots = |variables: &[_], flags: &[_]| read(variables, file, flags).unwrap().worker.slots;
    assert_eq!(slots(&[], &[]), 2);
    assert_eq!(slots(&[variable], &[]), 3);
    assert_eq!(slots(&[variable], &["--slots", "4"]), 4);
    assert_eq!(
        slots(&[variable], &["--slots", "4", "--set", "worker.slots=5"]),
        5
    );
}

#[test]
fn redis_url_is_honoured_below_the_variable_of_our_own() {
    let common = ("REDIS_URL", "redis://common");
    let own = ("MAPREDUCE__REDIS__URL", "redis://own");
    let url = |variables: &[_]| {
        read(variables, "redis.url = 'redis://file'", &[])
            .unwrap()
            .redis
            .url
    };
    assert_eq!(url(&[]), "redis://file");
    assert_eq!(url(&[common]), "redis://common");
    assert_eq!(url(&[common, own]), "redis://own");
}

#[test]
fn the_file_may_write_numbers_lists_and_truth_plainly() {
    let file = "
        [job]
        input = ['a', 'b.csv']
        [input]
        split_size = 4096
        strict = true
        [crash]
        probability = 0
        [checkpoint]
        interval = 0";
    let all = read(&[], file, &[]).unwrap();
    assert_eq!(all.job.input, [PathBuf::from("a"), PathBuf::from("b.csv")]);
    assert_eq!(all.input.split_size, NonZeroU64::new(4096));
    assert!(all.input.strict);
    assert_eq!(all.crash.probability, 0.0);
    assert_eq!(all.checkpoint.interval, None);
}

#[test]
fn flags_cover_a_run() {
    let flags = "a b.csv --job word-count --format csv --column text --tokenizer spaces \
                 --split-size 1MiB --chunk-lines 5 --slots 8 --output o.json --strict \
                 --redis-url redis://r --log-level debug --log-format json --set worker.lease=1s";
    let all = read(&[], "", &flags.split_whitespace().collect::<Vec<_>>()).unwrap();
    assert_eq!(all.job.input, [PathBuf::from("a"), PathBuf::from("b.csv")]);
    assert_eq!(all.job.output, PathBuf::from("o.json"));
    assert_eq!(all.input.column.as_deref(), Some("text"));
    assert_eq!(all.input.chunk_lines, NonZeroU64::new(5));
    assert_eq!(
        (all.worker.slots, all.worker.lease),
        (8, Duration::from_secs(1))
    );
    assert_eq!(
        (all.redis.url.as_str(), all.input.strict),
        ("redis://r", true)
    );
    assert_eq!(
        (all.log.level.as_str(), all.log.format),
        ("debug", LogFormat::Json)
    );
}

#[test]
fn a_file_that_is_asked_for_must_be_there_and_be_toml() {
    let missing = error(&[], "", &["--config", "other.toml"]);
    assert!(
        missing.starts_with("cannot read the settings in other.toml: "),
        "{missing}"
    );
    let broken = error(&[], "[worker\nslots = 1", &[]);
    assert!(
        broken.starts_with("cannot read the settings in mapreduce.toml: "),
        "{broken}"
    );
    assert!(broken.contains("line 1"), "{broken}");
}

#[test]
fn a_file_given_by_flag_replaces_the_usual_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "worker.slots = 7").unwrap();
    let all = read(
        &[],
        "worker.slots = 2",
        &["--config", path.to_str().unwrap()],
    )
    .unwrap();
    assert_eq!(all.worker.slots, 7);
}

#[test]
fn help_shows_defaults_and_leaves_the_commands_own_words_alone() {
    let help = Command::command().render_long_help().to_string();
    assert!(help.starts_with("about the command"), "{help}");
    for flag in Command::command().get_arguments() {
        let text = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let row = reference().find(|row| {
            let key = row.name.split('.').nth(1).unwrap_or_default();
            [key, &row.name.replace('.', "_")].contains(&flag.get_id().as_str())
        });
        let Some(row) = row.filter(|row| !row.default.is_empty()) else {
            continue;
        };
        assert!(
            text.contains(&format!("[default: {}", row.default)),
            "{}: {text}",
            row.name
        );
    }
    for row in reference() {
        assert!(help.contains(row.name), "{}", row.name);
    }
}
