//! Names of columns: search, and lists of names in parameters and messages.

/// Returns the position of the column that `wanted` names: by its exact name, or by its name apart from spaces around it
/// if only one column has it, or by its number, from 1.
pub fn find_column(names: &[String], wanted: &str) -> Option<usize> {
    let exact = names.iter().position(|name| name == wanted);
    exact
        .or_else(|| by_trimmed_name(names, wanted))
        .or_else(|| by_number(names, wanted))
}

fn by_trimmed_name(names: &[String], wanted: &str) -> Option<usize> {
    let names = names.iter().enumerate();
    let mut found = names.filter(|(_, name)| name.trim() == wanted && !wanted.is_empty());
    let (position, _) = found.next()?;
    found.next().is_none().then_some(position)
}

fn by_number(names: &[String], wanted: &str) -> Option<usize> {
    let digits = wanted.bytes().all(|byte| byte.is_ascii_digit());
    let number = wanted.parse::<usize>().ok().filter(|_| digits)?;
    let position = number.checked_sub(1)?;
    (position < names.len()).then_some(position)
}

/// Maximum characters of column names in a message. A file that is not CSV may have one name as long as the file.
const MAX_LISTED: usize = 500;

/// Lists column names for a message.
pub fn listed(names: &[String]) -> String {
    let list: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
    let list = list.join(", ");
    match list.char_indices().nth(MAX_LISTED) {
        Some((end, _)) => format!("{}… ({} columns)", &list[..end], names.len()),
        None => list,
    }
}

/// Returns names as the text of a list, which [`split_list`](crate::params::split_list) reads back.
pub fn join_list(names: &[String]) -> String {
    let quoted = names.iter().map(|name| {
        let is_plain = !name.is_empty() && name.trim() == name && !name.contains(['"', ',']);
        match is_plain {
            true => name.clone(),
            false => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::split_list;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_column_is_found_by_name_before_its_trimmed_name_and_its_number() {
        let columns = names(&["a", " b ", "1", "c ", " c"]);
        for (wanted, position) in [
            ("a", Some(0)),
            ("b", Some(1)),
            (" b ", Some(1)),
            ("1", Some(2)),
            ("2", Some(1)),
            ("5", Some(4)),
            ("c", None),
            ("6", None),
            ("0", None),
            ("+1", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(find_column(&columns, wanted), position, "{wanted}");
        }
    }

    #[test]
    fn a_long_list_of_columns_is_cut() {
        let long = listed(&names(&[&"é".repeat(600), "b"]));
        assert!(long.ends_with("é… (2 columns)"), "{long}");
        assert_eq!(listed(&names(&["a\u{1b}", "b"])), "\"a\\u{1b}\", \"b\"");
    }

    #[test]
    fn a_joined_list_is_split_into_the_same_names() {
        let columns = names(&["a", "", " pad ", "x, y", "say \"hi\"", "é"]);
        assert_eq!(split_list(&join_list(&columns)), columns);
    }
}
