//! Replies of the server and the model in the same form.

use redis::{RedisError, Value};
use simulation::redis::Reply;

/// Converts the reply of a real server to the type of the model.
pub(crate) fn real(answer: Result<Value, RedisError>) -> Reply {
    match answer {
        Err(error) => Reply::Error(error.code().unwrap_or("ERR").to_owned()),
        Ok(Value::Okay) => Reply::Status("OK".to_owned()),
        Ok(Value::SimpleString(word)) => Reply::Status(word),
        Ok(Value::Int(number)) => Reply::Int(number),
        Ok(Value::BulkString(bytes)) => Reply::Bulk(bytes),
        Ok(Value::Array(items)) => {
            Reply::Array(items.into_iter().map(|item| real(Ok(item))).collect())
        }
        Ok(_) => Reply::Nil,
    }
}

/// Removes what may differ: the text of errors, the order of hash fields, and idle times.
pub(crate) fn comparable(command: &[String], reply: Reply) -> Reply {
    match (command[0].as_str(), reply) {
        (_, Reply::Error(text)) => {
            Reply::Error(text.split(' ').next().unwrap_or_default().to_owned())
        }
        ("HKEYS" | "HVALS", Reply::Array(mut items)) => {
            items.sort_by_key(Reply::shown);
            Reply::Array(items)
        }
        ("HGETALL", Reply::Array(items)) => {
            let mut pairs: Vec<_> = items.chunks(2).map(<[Reply]>::to_vec).collect();
            pairs.sort_by_key(|pair| pair[0].shown());
            Reply::Array(pairs.concat())
        }
        ("XPENDING", Reply::Array(mut items)) => {
            for item in &mut items {
                if let Reply::Array(fields) = item {
                    fields[2] = Reply::Int(0);
                }
            }
            Reply::Array(items)
        }
        ("PTTL", Reply::Int(left)) => Reply::Int(coarse(left)),
        // The reply of Redis contains more fields than the model has.
        ("XINFO", Reply::Array(fields)) if command[1] == "STREAM" => {
            let used = ["length", "last-generated-id", "entries-added"].map(Reply::text);
            let pairs = fields.chunks(2).filter(|pair| used.contains(&pair[0]));
            Reply::Array(pairs.flatten().cloned().collect())
        }
        // The model creates consumers at other moments than Redis.
        ("XINFO", Reply::Array(groups)) => {
            Reply::Array(groups.into_iter().map(without_consumers).collect())
        }
        // The last item is an idle time.
        ("FCALL", Reply::Array(mut items)) if items[0] == Reply::text("CLAIMED") => {
            items.pop();
            Reply::Array(items)
        }
        ("FCALL", Reply::Array(items)) if items[0] == Reply::text("DUE") => items[0].clone(),
        ("FCALL", Reply::Array(items)) => Reply::Array(items.into_iter().map(sorted).collect()),
        (_, reply) => reply,
    }
}

/// Rounds a remaining time to ten seconds and limits it to some hours, because the clocks differ a little.
fn coarse(left: i64) -> i64 {
    if left < 0 {
        left
    } else {
        ((left + 5_000) / 10_000).min(1_000)
    }
}

fn without_consumers(group: Reply) -> Reply {
    let Reply::Array(fields) = group else {
        return group;
    };
    let pairs = fields
        .chunks(2)
        .filter(|pair| pair[0] != Reply::text("consumers"));
    Reply::Array(pairs.flatten().cloned().collect())
}

/// Sorts the counters of a status, which come from a hash.
fn sorted(item: Reply) -> Reply {
    match item {
        Reply::Array(mut items) if items.len() > 2 => {
            items.sort_by_key(Reply::shown);
            Reply::Array(items)
        }
        item => item,
    }
}
