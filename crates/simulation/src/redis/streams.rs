//! Commands on streams that do not concern groups.

use super::args::Args;
use super::data::Dataset;
use super::reply::{Reply, Step};
use super::stream::{Entry, Id};

/// Error for an invalid id.
const INVALID: &str = "Invalid stream ID specified as stream command argument";
/// Error for an id that is not above the last one.
const TOO_LOW: &str =
    "The ID specified in XADD is equal or smaller than the target stream top item";

pub(super) fn id(text: &str, seq: u64) -> Step<Id> {
    Id::parse(text, seq).ok_or_else(|| Reply::err(INVALID))
}

pub(super) fn fields(entry: &Entry) -> Reply {
    Reply::Array(entry.iter().cloned().map(Reply::Bulk).collect())
}

pub(super) fn shown(id: Id, entry: &Entry) -> Reply {
    Reply::Array(vec![Reply::text(id.to_string()), fields(entry)])
}

/// Returns the reply of a read for one stream, or no value without entries.
pub(super) fn of_stream(key: &[u8], entries: Vec<Reply>) -> Reply {
    if entries.is_empty() {
        return Reply::Nil;
    }
    let stream = vec![Reply::Bulk(key.to_vec()), Reply::Array(entries)];
    Reply::Array(vec![Reply::Array(stream)])
}

pub(super) fn add(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let key = args.next()?;
    let mut most = None;
    if args.take("MAXLEN") {
        args.take("~");
        most = Some(args.int()? as usize);
    }
    let now = data.now;
    let given = args.text()?;
    let entry: Entry = args.rest().into_iter().map(<[u8]>::to_vec).collect();
    if entry.is_empty() || entry.len() % 2 == 1 {
        return Err(Reply::err("wrong number of arguments for 'xadd' command"));
    }
    let given = (given != "*").then(|| id(&given, 0)).transpose()?;
    let stream = data.stream_for(key)?;
    let id = given.unwrap_or_else(|| stream.fresh(now));
    if !stream.add(id, entry) {
        return Err(Reply::err(TOO_LOW));
    }
    if let Some(most) = most {
        stream.trim_approximately(most);
    }
    Ok(Reply::text(id.to_string()))
}

/// Parses a bound of a range. `(` excludes the id. Returns `None` if no id is within the bound.
pub(super) fn bound(text: &str, lower: bool) -> Step<Option<Id>> {
    let seq = if lower { 0 } else { u64::MAX };
    Ok(match (text, text.strip_prefix('(')) {
        ("-", _) => Some(Id::default()),
        ("+", _) => Some(Id::MAX),
        (_, Some(excluded)) if lower => Some(id(excluded, seq)?.next()),
        (_, Some(excluded)) => id(excluded, seq)?.previous(),
        _ => Some(id(text, seq)?),
    })
}

pub(super) fn range(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let key = args.next()?;
    let (from, to) = (bound(&args.text()?, true)?, bound(&args.text()?, false)?);
    between(data, args, key, (from, to), false)
}

pub(super) fn reversed_range(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let key = args.next()?;
    let (to, from) = (bound(&args.text()?, false)?, bound(&args.text()?, true)?);
    between(data, args, key, (from, to), true)
}

fn between(
    data: &mut Dataset,
    args: &mut Args<'_>,
    key: &[u8],
    bounds: (Option<Id>, Option<Id>),
    reversed: bool,
) -> Step<Reply> {
    let most = if args.take("COUNT") {
        args.int()? as usize
    } else {
        usize::MAX
    };
    let (Some(stream), (Some(from), Some(to))) = (data.stream_at(key)?, bounds) else {
        return Ok(Reply::Array(Vec::new()));
    };
    if from > to {
        return Ok(Reply::Array(Vec::new()));
    }
    let found = stream
        .entries
        .range(from..=to)
        .map(|(id, entry)| shown(*id, entry));
    let found = if reversed {
        found.rev().take(most).collect()
    } else {
        found.take(most).collect()
    };
    Ok(Reply::Array(found))
}

pub(super) fn read(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let most = if args.take("COUNT") {
        args.int()? as usize
    } else {
        usize::MAX
    };
    if args.take("BLOCK") {
        args.int()?;
    }
    if !args.take("STREAMS") || args.len() != 2 {
        return Err(Reply::err("syntax error"));
    }
    let (key, after) = (args.next()?, id(&args.text()?, 0)?);
    let Some(stream) = data.stream_at(key)? else {
        return Ok(Reply::Nil);
    };
    let found = stream.entries.range(after.next()..).take(most);
    Ok(of_stream(
        key,
        found.map(|(id, entry)| shown(*id, entry)).collect(),
    ))
}

pub(super) fn len(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let stream = data.stream_at(args.next()?)?;
    Ok(Reply::count(
        stream.map_or(0, |stream| stream.entries.len()),
    ))
}
