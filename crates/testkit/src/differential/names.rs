//! Names of columns.

use super::random::Random;

/// Names that parsers of headers and of parameters could get wrong.
const ODD_NAMES: &[&str] = &[
    "Full, Name",
    " padded ",
    "trailing ",
    "\"",
    "say \"hi\"",
    "名前",
    "émile",
    "7",
    "2",
    "1",
    "count",
    "sum_id",
    "a=b",
    "x;y",
    "tab\there",
    "line\nbreak",
    "cr\rlf\r\n",
    "",
    "right.id",
    "left.city",
    "file",
    "true",
    "Ω😀",
];

const PLAIN_NAMES: &[&str] = &[
    "id", "city", "product", "units", "price", "day", "note", "a b",
];

/// Returns the names of `count` columns. Some of them may be equal if `may_repeat` is true.
pub(super) fn names(random: &mut Random, count: usize, may_repeat: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let repeats = may_repeat && random.one_in(5);
    // A repeated column can only be named by its number, which must not be the name of another one.
    let are_odd = !repeats && random.one_in(2);
    while names.len() < count {
        let name = match random.up_to(9) {
            0..=3 if are_odd => random.pick(ODD_NAMES).to_owned(),
            0..=6 => random.pick(PLAIN_NAMES).to_owned(),
            _ => format!("column {}", names.len()),
        };
        let is_taken = names.contains(&name);
        if !is_taken || (repeats && random.one_in(3)) {
            names.push(name);
        }
    }
    names
}

/// Returns the spelling of a column in a parameter: its name, its name without the spaces around it, or its number if
/// `by_number` is true. All of them name the column `index`, and no other.
pub(super) fn spelled(
    random: &mut Random,
    names: &[String],
    index: usize,
    by_number: bool,
) -> String {
    let number = (index + 1).to_string();
    let is_name = |text: &str| names.iter().any(|name| name == text || name.trim() == text);
    let repeats = names.iter().position(|name| *name == names[index]) != Some(index);
    let is_numbered = by_number && !is_name(&number);
    if is_numbered && (repeats || random.one_in(3)) {
        return number;
    }
    let trimmed = names[index].trim();
    let same = names.iter().filter(|name| name.trim() == trimmed).count();
    if same == 1 && !trimmed.is_empty() && random.one_in(3) {
        return trimmed.to_owned();
    }
    names[index].clone()
}

/// Returns an item of a list in a parameter.
pub(super) fn list_item(random: &mut Random, name: &str) -> String {
    let is_plain = !name.is_empty() && name.trim() == name && !name.contains([',', '"']);
    match is_plain && !random.one_in(4) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
