//! Commands on consumer groups.

use super::args::Args;
use super::data::Dataset;
use super::reply::{Reply, Step};
use super::stream::{Group, Id, Pending, Stream};
use super::streams::{bound, fields, id, of_stream, shown};

fn no_group(key: &[u8], group: &[u8], context: &str) -> Reply {
    let (key, group) = (String::from_utf8_lossy(key), String::from_utf8_lossy(group));
    Reply::Error(format!(
        "NOGROUP No such key '{key}' or consumer group '{group}'{context}"
    ))
}

/// Returns the stream for a change if it has the group.
fn with_group<'a>(
    data: &'a mut Dataset,
    key: &[u8],
    name: &[u8],
    context: &str,
) -> Step<&'a mut Stream> {
    let found = data
        .stream_at(key)?
        .is_some_and(|stream| stream.groups.contains_key(name));
    if !found {
        return Err(no_group(key, name, context));
    }
    data.stream_for(key)
}

pub(super) fn group(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let word = args.text()?.to_ascii_uppercase();
    let (key, name, from) = (args.next()?, args.next()?, args.text()?);
    let make = args.take("MKSTREAM");
    let missing = data.stream_at(key)?.is_none();
    if missing && !(make && word == "CREATE") {
        return Err(Reply::err(
            "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the \
             MKSTREAM option to create an empty stream automatically.",
        ));
    }
    let stream = data.stream_for(key)?;
    let last = if from == "$" {
        stream.last
    } else {
        id(&from, 0)?
    };
    match word.as_str() {
        "CREATE" if stream.groups.contains_key(name) => Err(Reply::Error(
            "BUSYGROUP Consumer Group name already exists".to_owned(),
        )),
        "CREATE" => {
            let group = Group {
                last,
                ..Group::default()
            };
            stream.groups.insert(name.to_vec(), group);
            Ok(Reply::ok())
        }
        "SETID" => match stream.groups.get_mut(name) {
            Some(group) => {
                (group.last, group.read) = (last, None);
                Ok(Reply::ok())
            }
            None => Err(no_group(key, name, " for key name")),
        },
        _ => Err(Reply::err("unknown subcommand")),
    }
}

pub(super) fn read(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    if !args.take("GROUP") {
        return Err(Reply::err("syntax error"));
    }
    let (name, consumer, now) = (args.next()?, args.next()?, data.now);
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
    let (key, after) = (args.next()?, args.text()?);
    if after != ">" {
        return Err(Reply::err("the model reads only new entries"));
    }
    let context = " in XREADGROUP with GROUP option";
    let stream = with_group(data, key, name, context)?;
    let Some(mut group) = stream.groups.remove(name) else {
        return Err(no_group(key, name, context));
    };
    group.consumers.insert(consumer.to_vec());
    let mut found = Vec::new();
    for (id, entry) in stream.entries.range(group.last.next()..).take(most) {
        group.last = *id;
        group.read = group
            .read
            .map_or_else(|| stream.entries_up_to(*id), |read| Some(read + 1));
        let holder = Pending {
            consumer: consumer.to_vec(),
            since: now,
            deliveries: 1,
        };
        group.pending.insert(*id, holder);
        found.push(shown(*id, entry));
    }
    stream.groups.insert(name.to_vec(), group);
    Ok(of_stream(key, found))
}

pub(super) fn acknowledge(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, name) = (args.next()?, args.next()?);
    let mut ids = Vec::new();
    while !args.is_empty() {
        ids.push(id(&args.text()?, 0)?);
    }
    if data
        .stream_at(key)?
        .is_none_or(|stream| !stream.groups.contains_key(name))
    {
        return Ok(Reply::Int(0));
    }
    let stream = data.stream_for(key)?;
    let group = stream.groups.entry(name.to_vec()).or_default();
    let known = ids.iter().filter(|id| group.pending.remove(id).is_some());
    Ok(Reply::count(known.count()))
}

pub(super) fn pending(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, name, now) = (args.next()?, args.next()?, data.now);
    let stream = with_group(data, key, name, "")?;
    let group = &stream.groups[name];
    if args.is_empty() {
        return Ok(summary(group));
    }
    let least = if args.take("IDLE") {
        args.int()? as u64
    } else {
        0
    };
    let (from, to) = (bound(&args.text()?, true)?, bound(&args.text()?, false)?);
    let most = args.int()?.max(0) as usize;
    let of = if args.is_empty() {
        None
    } else {
        Some(args.next()?)
    };
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(Reply::Array(Vec::new()));
    };
    if from > to {
        return Ok(Reply::Array(Vec::new()));
    }
    let found = group.pending.range(from..=to).filter(|(_, held)| {
        of.is_none_or(|of| held.consumer == of) && now.saturating_sub(held.since) >= least
    });
    let line = |(id, held): (&Id, &Pending)| {
        Reply::Array(vec![
            Reply::text(id.to_string()),
            Reply::Bulk(held.consumer.clone()),
            Reply::Int(now.saturating_sub(held.since) as i64),
            Reply::Int(held.deliveries as i64),
        ])
    };
    Ok(Reply::Array(found.take(most).map(line).collect()))
}

/// Returns the short form of `XPENDING`.
fn summary(group: &Group) -> Reply {
    let Some((first, _)) = group.pending.first_key_value() else {
        return Reply::Array(vec![Reply::Int(0), Reply::Nil, Reply::Nil, Reply::Nil]);
    };
    let last = group.pending.last_key_value().map_or(*first, |(id, _)| *id);
    let of = |name: &Vec<u8>| {
        group
            .pending
            .values()
            .filter(|held| held.consumer == *name)
            .count()
    };
    let consumers = group.consumers.iter().map(|name| (name, of(name)));
    let consumers = consumers.filter(|(_, held)| *held > 0).map(|(name, held)| {
        Reply::Array(vec![
            Reply::Bulk(name.clone()),
            Reply::text(held.to_string()),
        ])
    });
    Reply::Array(vec![
        Reply::count(group.pending.len()),
        Reply::text(first.to_string()),
        Reply::text(last.to_string()),
        Reply::Array(consumers.collect()),
    ])
}

/// Executes `XCLAIM key group consumer 0 id… JUSTID`, the only form that the library uses.
pub(super) fn claim(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let (least, now) = (args.int()? as u64, data.now);
    let mut ids = Vec::new();
    while !args.is_empty() && !args.take("JUSTID") {
        ids.push(id(&args.text()?, 0)?);
    }
    let stream = with_group(data, key, name, "")?;
    let group = stream.groups.entry(name.to_vec()).or_default();
    group.consumers.insert(consumer.to_vec());
    let mut claimed = Vec::new();
    for id in ids {
        if !stream.entries.contains_key(&id) {
            group.pending.remove(&id);
            continue;
        }
        if let Some(held) = group.pending.get_mut(&id)
            && now.saturating_sub(held.since) >= least
        {
            (held.consumer, held.since) = (consumer.to_vec(), now);
            claimed.push(Reply::text(id.to_string()));
        }
    }
    Ok(Reply::Array(claimed))
}

pub(super) fn auto_claim(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let (least, now) = (args.int()? as u64, data.now);
    let from = bound(&args.text()?, true)?.unwrap_or(Id::MAX);
    let most = if args.take("COUNT") {
        args.int()?.max(1) as usize
    } else {
        100
    };
    let stream = with_group(data, key, name, "")?;
    let group = stream.groups.entry(name.to_vec()).or_default();
    group.consumers.insert(consumer.to_vec());
    let (mut found, mut deleted, mut next) = (Vec::new(), Vec::new(), Id::default());
    let ids: Vec<Id> = group.pending.range(from..).map(|(id, _)| *id).collect();
    for (looked, id) in ids.into_iter().enumerate() {
        if looked == most * 10 || found.len() == most {
            next = id;
            break;
        }
        let Some(entry) = stream.entries.get(&id) else {
            group.pending.remove(&id);
            deleted.push(Reply::text(id.to_string()));
            continue;
        };
        let Some(held) = group.pending.get_mut(&id) else {
            continue;
        };
        if now.saturating_sub(held.since) < least {
            continue;
        }
        (held.consumer, held.since) = (consumer.to_vec(), now);
        held.deliveries += 1;
        found.push(Reply::Array(vec![
            Reply::text(id.to_string()),
            fields(entry),
        ]));
    }
    Ok(Reply::Array(vec![
        Reply::text(next.to_string()),
        Reply::Array(found),
        Reply::Array(deleted),
    ]))
}

pub(super) fn info(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let word = args.text()?.to_ascii_uppercase();
    let Some(stream) = data.stream_at(args.next()?)? else {
        return Err(Reply::err("no such key"));
    };
    let number = |name: &str, number: Option<u64>| {
        [
            Reply::text(name),
            number.map_or(Reply::Nil, |number| Reply::Int(number as i64)),
        ]
    };
    let text = |name: &str, text: String| [Reply::text(name), Reply::text(text)];
    Ok(Reply::Array(match word.as_str() {
        "STREAM" => [
            number("length", Some(stream.entries.len() as u64)),
            text("last-generated-id", stream.last.to_string()),
            number("entries-added", Some(stream.added)),
        ]
        .concat(),
        "GROUPS" => {
            let group = |(name, group): (&Vec<u8>, &Group)| {
                Reply::Array(
                    [
                        [Reply::text("name"), Reply::Bulk(name.clone())],
                        number("consumers", Some(group.consumers.len() as u64)),
                        number("pending", Some(group.pending.len() as u64)),
                        text("last-delivered-id", group.last.to_string()),
                        number("entries-read", group.read),
                        number("lag", stream.lag(group)),
                    ]
                    .concat(),
                )
            };
            stream.groups.iter().map(group).collect()
        }
        _ => return Err(Reply::err("unknown subcommand")),
    }))
}
