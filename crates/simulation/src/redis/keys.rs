//! Commands on keys of any type and on strings.

use super::args::Args;
use super::data::{Content, Dataset, TimeToLive};
use super::reply::{Reply, Step};

pub(super) fn exists(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let keys = args.rest();
    let there = keys.iter().filter(|key| data.get(key).is_some());
    Ok(Reply::count(there.count()))
}

pub(super) fn remove(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let keys = args.rest();
    let removed = keys.iter().filter(|key| data.remove(key));
    Ok(Reply::count(removed.count()))
}

pub(super) fn type_of(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let found = data.get(args.next()?).map_or("none", Content::type_name);
    Ok(Reply::Status(found.to_owned()))
}

pub(super) fn pttl(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    Ok(Reply::Int(match data.time_to_live(args.next()?) {
        TimeToLive::NoKey => -2,
        TimeToLive::Unlimited => -1,
        TimeToLive::Left(left) => left as i64,
    }))
}

pub(super) fn pexpire(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, lasting) = (args.next()?, args.int()?);
    let at = data.now.saturating_add_signed(lasting);
    Ok(Reply::Int(data.expire_at(key, at).into()))
}

pub(super) fn pexpire_at(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, at) = (args.next()?, args.int()?);
    Ok(Reply::Int(data.expire_at(key, at.max(0) as u64).into()))
}

pub(super) fn set(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, value) = (args.next()?, args.next()?);
    let lasting = if args.take("PX") {
        Some(args.int()?)
    } else if args.take("EX") {
        Some(args.int()? * 1000)
    } else {
        None
    };
    if !args.is_empty() {
        return Err(Reply::err("syntax error"));
    }
    let expires = lasting.map(|lasting| data.now.saturating_add_signed(lasting));
    data.set(key, Content::Text(value.to_vec()), expires);
    Ok(Reply::ok())
}

pub(super) fn get(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    Ok(Reply::maybe(data.text_at(args.next()?)?.cloned()))
}

pub(super) fn get_range(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, start, end) = (args.next()?, args.int()?, args.int()?);
    let text = data.text_at(key)?.cloned().unwrap_or_default();
    let len = text.len() as i64;
    let position = |at: i64| if at < 0 { (len + at).max(0) } else { at };
    let (start, end) = (position(start), position(end).min(len - 1));
    let found = if start > end {
        Vec::new()
    } else {
        text[start as usize..=end as usize].to_vec()
    };
    Ok(Reply::Bulk(found))
}
