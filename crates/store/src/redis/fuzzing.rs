//! What Redis answers, as far as a worker or a master makes something of it: whoever writes to Redis chooses it.
//!
//! An input is an answer as it comes over the wire.

use ::redis::{FromRedisValue, Value, parse_redis_value};
use mapreduce::{JobId, PlanHash, TaskIndex};

use super::entries::{entries, items, of_one_stream};
use super::reply::Reply;
use super::server::{Info, admit};
use super::{checkpoint, outputs, results, status};
use crate::JobRef;
use crate::blobs::bad_records::Lines;

fn job() -> JobRef {
    JobRef {
        id: JobId::new("j").expect("a letter is an id"),
        plan: PlanHash(7),
    }
}

/// Manifests of tasks: read, or refused with the key and the task.
pub fn manifests(input: &[u8]) {
    let job = job();
    let read = |value| {
        let found = outputs::read(&job, TaskIndex(3), value);
        match found {
            Ok(Some(stored)) => {
                // What is read can be told again, if it may be told at all.
                if stored.flaw().is_none() {
                    let told = format!(r#"{{"blob":{}}}"#, outputs::manifest(&stored));
                    let again = Value::BulkString(told.into_bytes());
                    let again = outputs::read(&job, TaskIndex(3), again);
                    assert_eq!(again.expect("it is a manifest"), Some(stored));
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
    if let Some(lines) = Lines::of(input) {
        let bytes = bytes::Bytes::copy_from_slice(&input[16..]);
        assert!(!lines.are(&bytes) || lines.len() == bytes.len() as u64);
    }
}

/// Answers of streams and functions: entries, claims, the status of a job, scores.
pub fn replies(input: &[u8]) {
    let Ok(value) = parse_redis_value(input) else {
        return;
    };
    for entry in of_one_stream(value.clone())
        .into_iter()
        .chain(entries(value.clone()))
    {
        if let Some((task, _, _)) = entry.task() {
            let (_, number) = entry.id.split_once('-').expect("an id has two parts");
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

/// What `INFO` tells of a server.
pub fn info(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let info = Info::parse(&text);
    drop(admit("host:1", &info));
    let _ = checkpoint::describe(&info, 1_700_000_000);
}
