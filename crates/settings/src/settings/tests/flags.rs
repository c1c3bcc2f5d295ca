//! Flags and the help.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::CommandFactory;

use super::harness::{Command, read};
use crate::settings::{LogFormat, reference};

#[test]
fn flags_set_their_settings() {
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
fn flags_of_lists_and_commands_set_their_settings() {
    let flags = [
        "--files",
        "a.py,b.py",
        "--files",
        "c.py",
        "--mapper",
        "a.py",
    ];
    let all = read(&[], "", &flags).unwrap();
    assert_eq!(all.job.files, ["a.py", "b.py", "c.py"].map(PathBuf::from));
    assert_eq!(all.job.name, "streaming");
    let named = read(&[], "", &["--mapper", "a.py", "--job", "sort"]).unwrap();
    assert_eq!(named.job.name, "sort");
}

#[test]
fn help_lists_all_settings_and_flags_with_their_defaults() {
    let help = Command::command().render_long_help().to_string();
    assert!(help.starts_with("about the command"), "{help}");
    for setting in reference() {
        assert!(help.contains(setting.name), "{}", setting.name);
        if let Some(flag) = setting.flag {
            let long = flag.split(' ').next().unwrap();
            assert!(help.contains(long), "{}: {long}", setting.name);
        }
        let default = format!("[default: {}", setting.default);
        assert!(help.contains(&default), "{}: {default}", setting.name);
    }
}
