//! Commands on sorted sets.

use super::args::Args;
use super::data::{Dataset, Scores};
use super::reply::{Reply, Step};

/// Formats a score like Redis. Our scores are whole numbers.
fn shown(score: f64) -> Reply {
    Reply::text(if score.fract() == 0.0 && score.abs() < 1e17 {
        format!("{score:.0}")
    } else {
        format!("{score:e}")
    })
}

fn score(text: &str) -> Step<f64> {
    let found = text.parse::<f64>().ok().filter(|score| !score.is_nan());
    found.ok_or_else(|| Reply::err("value is not a valid float"))
}

pub(super) fn add(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let key = args.next()?;
    let new_only = args.take("NX");
    let pairs = args.rest();
    let mut given = Vec::new();
    for pair in pairs.chunks(2) {
        let [number, member] = pair else {
            return Err(Reply::err("syntax error"));
        };
        given.push((score(&String::from_utf8_lossy(number))?, member.to_vec()));
    }
    let scores = data.scores_for(key)?;
    let mut added = 0;
    for (score, member) in given {
        let exists = scores.contains_key(&member);
        added += usize::from(!exists);
        if !(exists && new_only) {
            scores.insert(member, score);
        }
    }
    Ok(Reply::count(added))
}

pub(super) fn increment(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, by, member) = (args.next()?, score(&args.text()?)?, args.next()?);
    let scores = data.scores_for(key)?;
    let sum = scores.entry(member.to_vec()).or_insert(0.0);
    *sum += by;
    Ok(shown(*sum))
}

pub(super) fn remove(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    let (key, members) = (args.next()?, args.rest());
    if data.scores_at(key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let scores = data.scores_for(key)?;
    let removed = members
        .iter()
        .filter(|member| scores.remove(**member).is_some())
        .count();
    data.drop_if_empty(key);
    Ok(Reply::count(removed))
}

pub(super) fn len(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    Ok(Reply::count(
        data.scores_at(args.next()?)?.map_or(0, Scores::len),
    ))
}

pub(super) fn range(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    in_order(data, args, false)
}

pub(super) fn reversed_range(data: &mut Dataset, args: &mut Args<'_>) -> Step<Reply> {
    in_order(data, args, true)
}

fn in_order(data: &mut Dataset, args: &mut Args<'_>, reversed: bool) -> Step<Reply> {
    let (key, start, end) = (args.next()?, args.int()?, args.int()?);
    let scores = data.scores_at(key)?;
    let with_scores = args.take("WITHSCORES");
    let mut members: Vec<_> = scores.into_iter().flatten().collect();
    members.sort_by(|a, b| a.1.total_cmp(b.1).then_with(|| a.0.cmp(b.0)));
    if reversed {
        members.reverse();
    }
    let len = members.len() as i64;
    let position = |at: i64| if at < 0 { len + at } else { at };
    let (start, end) = (position(start).max(0), position(end).min(len - 1));
    let mut found = Vec::new();
    for at in start..=end {
        let (member, score) = members[at as usize];
        found.push(Reply::Bulk(member.clone()));
        if with_scores {
            found.push(shown(*score));
        }
    }
    Ok(Reply::Array(found))
}
