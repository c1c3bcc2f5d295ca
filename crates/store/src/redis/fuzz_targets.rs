//! Fuzz targets of the parsers of Redis replies. Anyone who can write to Redis chooses these bytes.
//!
//! An input is a reply in the wire format.

use ::redis::{FromRedisValue, Value, parse_redis_value};
use mapreduce_core::{JobId, PlanHash, TaskIndex};

use super::entries::{entries, items, of_one_stream};
use super::reply::Reply;
use super::server::{Info, admit};
use super::{checkpoint, output_store, results, status};
use crate::blobs::bad_records::BadRecordsHeader;
use crate::types::JobRef;

fn job() -> JobRef {
    JobRef {
        id: JobId::new("j").expect("a letter is an id"),
        plan: PlanHash(7),
    }
}

/// Manifests of tasks are parsed, or refused with an error that names the task.
pub fn manifests(input: &[u8]) {
    let job = job();
    let read = |value| {
        let found = output_store::read(&job, TaskIndex(3), value);
        match found {
            Ok(Some(stored)) => {
                // A valid manifest is written back as the same manifest.
                if stored.refusal().is_none() {
                    let written = format!(r#"{{"blob":{}}}"#, output_store::manifest(&stored));
                    let again = Value::BulkString(written.into_bytes());
                    let again = output_store::read(&job, TaskIndex(3), again);
                    assert_eq!(again.expect("a written manifest is valid"), Some(stored));
                }
            }
            Ok(None) => {}
            Err(error) => assert!(error.to_string().contains("task 3"), "{error}"),
        }
    };
    read(Value::BulkString(input.to_vec()));
    if let Ok(value) = parse_redis_value(input) {
        items(value.clone()).into_iter().for_each(&read);
        read(value);
    }
    if let Some(header) = BadRecordsHeader::parse(input) {
        let bytes = bytes::Bytes::copy_from_slice(&input[16..]);
        assert!(!header.matches(&bytes) || header.lines_len() == bytes.len() as u64);
    }
}

/// Replies of streams and functions: entries, claims, the status of a job, scores.
pub fn replies(input: &[u8]) {
    let Ok(value) = parse_redis_value(input) else {
        return;
    };
    for entry in of_one_stream(value.clone())
        .into_iter()
        .chain(entries(value.clone()))
    {
        if let Some((task, _, _)) = entry.task() {
            let (_, number) = entry
                .id
                .split_once('-')
                .expect("an entry id has two numbers");
            assert_eq!(number.parse(), Ok(u64::from(task.index.0) + 1));
        }
    }
    drop(results::page(value.clone()));
    let Ok(mut reply) = Reply::from_redis_value(value) else {
        return;
    };
    let id = job().id;
    drop(status::read_status(&id, &mut reply));
    drop(reply.into_error(&id));
}

/// Replies to `INFO`.
pub fn info(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let info = Info::parse(&text);
    drop(admit("host:1", &info));
    let _ = checkpoint::describe(&info, 1_700_000_000);
}
