//! The defaults.

use std::path::PathBuf;
use std::time::Duration;

use mapreduce_core::{Aggregate, InputFormat, Tokenizer};

use super::harness::read;
use crate::settings::{CrashSettings, LogFormat};

#[test]
fn defaults_are_read_as_their_values() {
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
    assert_eq!(
        (all.input.format, all.input.column),
        (InputFormat::Auto, None)
    );
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
