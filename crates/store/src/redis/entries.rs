//! Parsers of stream entries in the replies to `XREADGROUP`, `XAUTOCLAIM` and `XREAD`.

use ::redis::Value;
use mapreduce_core::TaskIndex;

use crate::types::TaskRef;

/// An entry of a stream. `fields` is `None` if a held entry was deleted.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) id: String,
    fields: Option<Vec<Value>>,
}

impl Entry {
    /// Returns the task, its generation and its payload. `None` if the entry was deleted or is not a task.
    pub(super) fn task(&self) -> Option<(TaskRef, u64, &str)> {
        let (generation, number) = self.id.split_once('-')?;
        let index = TaskIndex(number.parse::<u32>().ok()?.checked_sub(1)?);
        let fields = self.fields.as_ref()?;
        let payload = fields.chunks_exact(2).find_map(|pair| match pair {
            [name, value] if text(name)? == "payload" => text(value),
            _ => None,
        })?;
        let task = TaskRef {
            index,
            entry: self.id.clone(),
        };
        Some((task, generation.parse().ok()?, payload))
    }
}

/// Returns the entries in a list of entries.
pub(super) fn entries(list: Value) -> Vec<Entry> {
    items(list)
        .into_iter()
        .filter_map(|entry| {
            let mut parts = items(entry).into_iter();
            let id = text(&parts.next()?)?.to_owned();
            let fields = match parts.next() {
                Some(Value::Array(fields)) => Some(fields),
                _ => None,
            };
            Some(Entry { id, fields })
        })
        .collect()
}

/// Returns the entries in a reply about one stream. The list is empty if the read timed out.
pub(super) fn of_one_stream(reply: Value) -> Vec<Entry> {
    let stream = items(reply)
        .into_iter()
        .next()
        .map(items)
        .unwrap_or_default();
    stream.into_iter().nth(1).map(entries).unwrap_or_default()
}

/// Returns the members of an array. Any other value has no members.
pub(super) fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn entry(id: &str, fields: Option<&[&str]>) -> Value {
        let fields = fields.map_or(Value::Nil, |fields| {
            Value::Array(fields.iter().map(|field| bulk(field)).collect())
        });
        Value::Array(vec![bulk(id), fields])
    }

    #[test]
    fn an_entry_names_its_task() {
        let list = Value::Array(vec![
            entry("3-8", Some(&["idx", "7", "payload", "{}"])),
            entry("1-2", None),
            entry("1-0", Some(&["payload", "{}"])),
            entry("1-3", Some(&["idx", "2"])),
        ]);
        let reply = Value::Array(vec![Value::Array(vec![bulk("stream"), list])]);
        let found = of_one_stream(reply);
        let ids: Vec<&str> = found.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["3-8", "1-2", "1-0", "1-3"]);
        let task = TaskRef {
            index: TaskIndex(7),
            entry: "3-8".to_owned(),
        };
        assert_eq!(found[0].task(), Some((task, 3, "{}")));
        assert!(found[1..].iter().all(|entry| entry.task().is_none()));
    }

    #[test]
    fn a_read_that_timed_out_has_no_entries() {
        assert_eq!(of_one_stream(Value::Nil), []);
    }
}
