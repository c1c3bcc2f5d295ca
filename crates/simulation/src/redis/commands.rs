//! The table of commands.

use super::args::Args;
use super::data::Dataset;
use super::reply::{Reply, Step};
use super::{groups, hashes, keys, sorted_sets, streams};

type Command = fn(&mut Dataset, &mut Args<'_>) -> Step<Reply>;

/// Executes a command that needs only the data.
pub(super) fn execute(data: &mut Dataset, args: &[Vec<u8>]) -> Reply {
    let mut args = Args::new(args);
    let outcome = args.text().and_then(|name| {
        let name = name.to_ascii_uppercase();
        let command = find(&name);
        command.ok_or_else(|| Reply::err(&format!("unknown command '{name}'")))?(data, &mut args)
    });
    outcome.unwrap_or_else(|error| error)
}

/// Returns the function that executes a command.
fn find(name: &str) -> Option<Command> {
    Some(match name {
        "DEL" | "UNLINK" => keys::remove,
        "EXISTS" => keys::exists,
        "GET" => keys::get,
        "GETRANGE" => keys::get_range,
        "PEXPIRE" => keys::pexpire,
        "PEXPIREAT" => keys::pexpire_at,
        "PTTL" => keys::pttl,
        "SET" => keys::set,
        "TYPE" => keys::type_of,
        "HDEL" => hashes::delete,
        "HEXISTS" => hashes::exists,
        "HGET" => hashes::get,
        "HGETALL" => hashes::all,
        "HINCRBY" => hashes::increment,
        "HKEYS" => hashes::names,
        "HLEN" => hashes::len,
        "HMGET" => hashes::get_many,
        "HSET" => hashes::set,
        "HSETNX" => hashes::set_new,
        "HVALS" => hashes::values,
        "ZADD" => sorted_sets::add,
        "ZCARD" => sorted_sets::len,
        "ZINCRBY" => sorted_sets::increment,
        "ZRANGE" => sorted_sets::range,
        "ZREM" => sorted_sets::remove,
        "ZREVRANGE" => sorted_sets::reversed_range,
        "XACK" => groups::acknowledge,
        "XADD" => streams::add,
        "XAUTOCLAIM" => groups::auto_claim,
        "XCLAIM" => groups::claim,
        "XGROUP" => groups::group,
        "XINFO" => groups::info,
        "XLEN" => streams::len,
        "XPENDING" => groups::pending,
        "XRANGE" => streams::range,
        "XREAD" => streams::read,
        "XREADGROUP" => groups::read,
        "XREVRANGE" => streams::reversed_range,
        "PING" => |_, _| Ok(Reply::Status("PONG".to_owned())),
        "TIME" => time,
        _ => return None,
    })
}

fn time(data: &mut Dataset, _: &mut Args<'_>) -> Step<Reply> {
    let (seconds, micros) = (data.now / 1000, data.now % 1000 * 1000);
    Ok(Reply::Array(vec![
        Reply::text(seconds.to_string()),
        Reply::text(micros.to_string()),
    ]))
}
