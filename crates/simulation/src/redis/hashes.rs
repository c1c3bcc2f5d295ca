//! Commands on hashes.

use super::args::Args;
use super::data::{Dataset, Fields};
use super::reply::{Reply, Step};

pub(super) fn set(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, pairs) = (args.next()?, args.rest());
    if pairs.is_empty() || pairs.len() % 2 == 1 {
        return Err(Reply::err("wrong number of arguments for 'hset' command"));
    }
    let fields = data.hash_for(key)?;
    let mut added = 0;
    for pair in pairs.chunks_exact(2) {
        added += usize::from(fields.insert(pair[0].to_vec(), pair[1].to_vec()).is_none());
    }
    Ok(Reply::count(added))
}

pub(super) fn set_new(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, field, value) = (args.next()?, args.next()?, args.next()?);
    let fields = data.hash_for(key)?;
    let new = !fields.contains_key(field);
    if new {
        fields.insert(field.to_vec(), value.to_vec());
    }
    Ok(Reply::Int(new.into()))
}

pub(super) fn increment(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, field, by) = (args.next()?, args.next()?, args.int()?);
    let fields = data.hash_for(key)?;
    let before = fields
        .get(field)
        .map(|text| String::from_utf8_lossy(text).parse::<i64>());
    let before = before
        .transpose()
        .map_err(|_| Reply::err("hash value is not an integer"))?;
    let sum = before.unwrap_or(0).checked_add(by);
    let sum = sum.ok_or_else(|| Reply::err("increment or decrement would overflow"))?;
    fields.insert(field.to_vec(), sum.to_string().into_bytes());
    Ok(Reply::Int(sum))
}

pub(super) fn get(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let fields = data.hash_at(args.next()?)?;
    let field = args.next()?;
    Ok(Reply::maybe(
        fields.and_then(|fields| fields.get(field).cloned()),
    ))
}

pub(super) fn get_many(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let fields = data.hash_at(args.next()?)?;
    let value = |name: &[u8]| fields.and_then(|fields| fields.get(name).cloned());
    let names = args.rest();
    if names.is_empty() {
        return Err(Reply::err("wrong number of arguments for 'hmget' command"));
    }
    let values = names.into_iter().map(|name| Reply::maybe(value(name)));
    Ok(Reply::Array(values.collect()))
}

pub(super) fn delete(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, names) = (args.next()?, args.rest());
    if data.hash_at(key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let fields = data.hash_for(key)?;
    let removed = names
        .iter()
        .filter(|name| fields.remove(**name).is_some())
        .count();
    data.drop_if_empty(key);
    Ok(Reply::count(removed))
}

pub(super) fn exists(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let fields = data.hash_at(args.next()?)?;
    let field = args.next()?;
    Ok(Reply::Int(
        fields
            .is_some_and(|fields| fields.contains_key(field))
            .into(),
    ))
}

pub(super) fn len(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    Ok(Reply::count(
        data.hash_at(args.next()?)?.map_or(0, Fields::len),
    ))
}

pub(super) fn names(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    list(data, args, |name, _, into| {
        into.push(Reply::Bulk(name.clone()));
    })
}

pub(super) fn values(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    list(data, args, |_, value, into| {
        into.push(Reply::Bulk(value.clone()));
    })
}

pub(super) fn all(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    list(data, args, |name, value, into| {
        into.extend([name, value].map(|bytes| Reply::Bulk(bytes.clone())));
    })
}

fn list(
    data: &mut Dataset,
    args: &mut Args<'_>,
    put: impl Fn(&Vec<u8>, &Vec<u8>, &mut Vec<Reply>),
) -> Step<Reply> {
    let mut found = Vec::new();
    for (name, value) in data.hash_at(args.next()?)?.into_iter().flatten() {
        put(name, value, &mut found);
    }
    Ok(Reply::Array(found))
}
