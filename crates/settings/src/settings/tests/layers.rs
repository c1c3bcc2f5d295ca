//! Precedence of the layers, and the settings file.

use std::num::NonZeroU64;
use std::path::PathBuf;

use tempfile::TempDir;

use super::harness::{error, read};

#[test]
fn each_layer_takes_precedence_over_those_before_it() {
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
fn mapreduce_redis_url_takes_precedence_over_redis_url() {
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
fn the_file_may_contain_numbers_lists_and_booleans() {
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
fn a_missing_or_invalid_settings_file_is_an_error() {
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
fn the_flag_config_replaces_the_default_file() {
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
