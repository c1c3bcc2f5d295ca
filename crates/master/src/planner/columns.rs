//! Which columns of a table are read.

use std::path::Path;

use mapreduce::{Column, InputError};

/// Which columns are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those that `input.column` names, with commas between them.
    Asked(Option<String>),
    /// Those that the job names.
    Named(Vec<String>),
    /// All.
    All,
}

/// The columns that are `wanted` of those called `names`, in the order in which they are wanted. `what` is the
/// kind of table that `path` is.
///
/// # Errors
/// There is no such column, or none is named; the message lists those there are.
pub(super) fn select(
    path: &Path,
    what: &'static str,
    names: &[String],
    wanted: &Wanted,
) -> Result<Vec<Column>, InputError> {
    let column = |(index, name): (usize, &String)| Column {
        index: index as u32,
        name: name.clone(),
    };
    let find = |wanted: &str| {
        let mut names = names.iter().enumerate();
        names.find(|(_, name)| *name == wanted).map(column)
    };
    let missing = |wanted: &str, asked_by: &str| InputError::NoColumn {
        path: path.to_path_buf(),
        column: wanted.to_owned(),
        asked_by: asked_by.to_owned(),
        columns: listed(names),
    };
    match wanted {
        Wanted::Asked(Some(list)) => {
            in_list(list, find).map_err(|name| missing(&name, "input.column"))
        }
        Wanted::Named(wanted) if !wanted.is_empty() => {
            let found = wanted
                .iter()
                .map(|name| find(name).ok_or_else(|| missing(name, "the job's parameters")));
            found.collect()
        }
        Wanted::All if !names.is_empty() => Ok(names.iter().enumerate().map(column).collect()),
        _ => Err(InputError::ColumnNeeded {
            path: path.to_path_buf(),
            what,
            columns: listed(names),
        }),
    }
}

/// The columns of a list with commas. A name may have commas itself: of the names that fit, the longest counts.
/// The error is the name that none fits.
fn in_list(list: &str, find: impl Fn(&str) -> Option<Column>) -> Result<Vec<Column>, String> {
    let mut found = Vec::new();
    let mut rest = list;
    loop {
        let ends = rest.match_indices(',').map(|(at, _)| at);
        let mut ends: Vec<usize> = ends.chain([rest.len()]).collect();
        ends.reverse();
        let fitting = ends.iter().find_map(|end| {
            let name = &rest[..*end];
            // Spaces behind a comma belong to the list, unless a name starts with them.
            let column = find(name).or_else(|| find(name.trim()))?;
            Some((column, *end))
        });
        let Some((column, end)) = fitting else {
            let end = ends.last().copied().unwrap_or(rest.len());
            // Where there is one name alone, it is told as it was written.
            let name = if found.is_empty() && ends.len() == 1 {
                rest
            } else {
                rest[..end].trim()
            };
            return Err(name.to_owned());
        };
        found.push(column);
        match rest.get(end + 1..) {
            Some(behind) => rest = behind,
            None => return Ok(found),
        }
    }
}

/// Most characters of column names in a message: what is no CSV may have one name as long as the file.
const LISTED: usize = 500;

/// The names, for a message.
pub(super) fn listed(names: &[String]) -> String {
    let list = names.join(", ");
    if list.is_empty() {
        return "no header".to_owned();
    }
    match list.char_indices().nth(LISTED) {
        Some((end, _)) => format!("{}… ({} columns)", &list[..end], names.len()),
        None => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], wanted: Wanted) -> Result<Vec<u32>, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let columns = select(Path::new("t.csv"), "CSV", &names, &wanted);
        let columns = columns.map_err(|error| error.to_string())?;
        assert!(columns.iter().all(|c| names[c.index as usize] == c.name));
        Ok(columns.iter().map(|column| column.index).collect())
    }

    fn asked(names: &[&str], list: &str) -> Result<Vec<u32>, String> {
        chosen(names, Wanted::Asked(Some(list.to_owned())))
    }

    #[test]
    fn a_list_names_columns_even_those_with_commas() {
        let names = ["a", "x, y", "x", " b", "a,x"];
        assert_eq!(asked(&names, "a"), Ok(vec![0]));
        assert_eq!(asked(&names, "x, y"), Ok(vec![1]));
        assert_eq!(asked(&names, "x, a"), Ok(vec![2, 0]));
        assert_eq!(asked(&names, "x, y,a,x, b"), Ok(vec![1, 4, 3]));
        assert_eq!(asked(&names, "a,a"), Ok(vec![0, 0]));
    }

    #[test]
    fn a_column_that_is_missing_is_named_with_those_there_are() {
        let told = asked(&["a", "b"], "a,c,b").unwrap_err();
        assert_eq!(
            told,
            "t.csv: has no column \"c\" (input.column); it has: a, b"
        );
        let told = asked(&["a", "b"], "a,").unwrap_err();
        assert!(told.contains("no column \"\""), "{told}");
        let told = chosen(&["a"], Wanted::Named(vec!["k".into()])).unwrap_err();
        assert!(told.contains("\"k\" (the job's parameters)"), "{told}");
        let told = chosen(&["a"], Wanted::Asked(None)).unwrap_err();
        assert!(told.contains("is CSV; name the column"), "{told}");
    }

    #[test]
    fn a_job_has_its_columns_in_its_order_or_all() {
        let named = Wanted::Named(vec!["b".into(), "a".into()]);
        assert_eq!(chosen(&["a", "b", "b"], named), Ok(vec![1, 0]));
        assert_eq!(chosen(&["a", "b", "b"], Wanted::All), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn a_long_list_is_cut() {
        let names = vec!["é".repeat(600), "b".to_owned()];
        assert!(listed(&names).ends_with("é… (2 columns)"));
    }
}
