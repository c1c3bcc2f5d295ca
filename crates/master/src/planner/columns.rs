//! The selection of columns from the names in a table's header.

use std::path::Path;

use mapreduce_core::Column;
use mapreduce_core::column_names::{self, find_column};
use mapreduce_core::params::quoted_item;
use mapreduce_core::schema::distinct_names;
use mapreduce_formats::input::InputError;

/// The columns that a job reads of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ColumnSelection {
    /// The value of `input.column`: names separated by commas.
    Setting(Option<String>),
    /// The columns that the job names.
    Named(Vec<String>),
    /// All columns.
    All,
}

/// Returns the selected columns of a table with these column `names`, in the order of the selection. `kind` is the
/// kind of table that `path` is, for messages.
///
/// # Errors
/// The table lacks a column, or the selection is empty. The message lists the columns of the table.
pub(super) fn select(
    path: &Path,
    kind: &'static str,
    names: &[String],
    selection: &ColumnSelection,
) -> Result<Vec<Column>, InputError> {
    let column = |(index, name): (usize, &String)| Column {
        index: index as u32,
        name: name.clone(),
    };
    let find = |wanted: &str| {
        let index = find_column(names, wanted)?;
        Some(column((index, &names[index])))
    };
    let missing = |wanted: &str, asked_by: &str| InputError::NoColumn {
        path: path.to_path_buf(),
        column: wanted.to_owned(),
        asked_by: asked_by.to_owned(),
        columns: listed(names),
        hint: String::new(),
    };
    match selection {
        ColumnSelection::Setting(Some(list)) => {
            find_in_list(list, find).map_err(|name| missing(&name, "input.column"))
        }
        // Jobs find columns by their names, so a repeated name gets a number.
        ColumnSelection::Named(selected) if !selected.is_empty() => {
            let names = distinct_names(names);
            let find = |wanted: &str| {
                let index = find_column(&names, wanted)?;
                Some(column((index, &names[index])))
            };
            let found = selected
                .iter()
                .map(|name| find(name).ok_or_else(|| missing(name, "the job's parameters")));
            found.collect()
        }
        ColumnSelection::All if !names.is_empty() => {
            let names = distinct_names(names);
            Ok(names.iter().enumerate().map(column).collect())
        }
        _ => Err(InputError::ColumnNeeded {
            path: path.to_path_buf(),
            what: kind,
            columns: listed(names),
            hint: String::new(),
        }),
    }
}

/// Returns the columns of a list of names separated by commas.
///
/// A name may contain commas itself, so the longest name that fits wins, unless quotes enclose the name. The error is
/// the first name without a column.
fn find_in_list(list: &str, find: impl Fn(&str) -> Option<Column>) -> Result<Vec<Column>, String> {
    let mut found = Vec::new();
    let mut rest = list;
    loop {
        if let Some((name, after)) = quoted_item(rest) {
            found.push(find(&name).ok_or(name)?);
            if after.is_empty() {
                return Ok(found);
            }
            rest = after;
            continue;
        }
        let ends = rest.match_indices(',').map(|(at, _)| at);
        let mut ends: Vec<usize> = ends.chain([rest.len()]).collect();
        ends.reverse();
        let fitting = ends.iter().find_map(|end| {
            let name = &rest[..*end];
            // A space after a comma belongs to the list, unless the name of a column starts with it.
            let column = find(name).or_else(|| find(name.trim()))?;
            Some((column, *end))
        });
        let Some((column, end)) = fitting else {
            let end = ends.last().copied().unwrap_or(rest.len());
            // A list of a single name is quoted exactly as the user wrote it.
            let name = if found.is_empty() && ends.len() == 1 {
                rest
            } else {
                rest[..end].trim()
            };
            return Err(name.to_owned());
        };
        found.push(column);
        match rest.get(end + 1..) {
            Some(remaining) => rest = remaining,
            None => return Ok(found),
        }
    }
}

/// Lists the columns of a table for a message.
fn listed(names: &[String]) -> String {
    match names {
        [] => "none, because the file has no header".to_owned(),
        names => column_names::listed(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str], selection: ColumnSelection) -> Result<Vec<u32>, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let columns = select(Path::new("t.csv"), "CSV", &names, &selection);
        let columns = columns.map_err(|error| error.to_string())?;
        assert!(columns.iter().all(|c| names[c.index as usize] == c.name));
        Ok(columns.iter().map(|column| column.index).collect())
    }

    fn selected_by_setting(names: &[&str], list: &str) -> Result<Vec<u32>, String> {
        selected(names, ColumnSelection::Setting(Some(list.to_owned())))
    }

    #[test]
    fn a_list_may_name_columns_that_contain_commas() {
        let names = ["a", "x, y", "x", " b", "a,x"];
        assert_eq!(selected_by_setting(&names, "a"), Ok(vec![0]));
        assert_eq!(selected_by_setting(&names, "x, y"), Ok(vec![1]));
        assert_eq!(selected_by_setting(&names, "x, a"), Ok(vec![2, 0]));
        assert_eq!(
            selected_by_setting(&names, "x, y,a,x, b"),
            Ok(vec![1, 4, 3])
        );
        assert_eq!(selected_by_setting(&names, "a,a"), Ok(vec![0, 0]));
        assert_eq!(
            selected_by_setting(&names, "\"x, y\",\"x\""),
            Ok(vec![1, 2])
        );
        assert_eq!(selected_by_setting(&["a", ""], "\"\",a"), Ok(vec![1, 0]));
        assert_eq!(selected_by_setting(&["a", " b "], "b"), Ok(vec![1]));
        assert!(selected_by_setting(&["b ", " b"], "b").is_err());
    }

    #[test]
    fn the_error_for_a_missing_column_names_it_and_lists_the_existing_columns() {
        let message = selected_by_setting(&["a", "b"], "a,c,b").unwrap_err();
        assert_eq!(
            message,
            "t.csv: missing column \"c\" (selected by input.column); its columns: \"a\", \"b\""
        );
        let message = selected_by_setting(&["a", "b"], "a,").unwrap_err();
        assert!(message.contains("missing column \"\""), "{message}");
        let message = selected(&["a"], ColumnSelection::Named(vec!["k".into()])).unwrap_err();
        assert!(
            message.contains("\"k\" (selected by the job's parameters)"),
            "{message}"
        );
        let message = selected(&["a"], ColumnSelection::Setting(None)).unwrap_err();
        assert!(
            message.contains("in this CSV file; name the column"),
            "{message}"
        );
    }

    #[test]
    fn a_number_selects_a_column_unless_it_is_the_name_of_one() {
        assert_eq!(selected_by_setting(&["a", "b"], "2,1"), Ok(vec![1, 0]));
        assert_eq!(selected_by_setting(&["2", "b"], "2"), Ok(vec![0]));
        for wrong in ["0", "3", "+1", "-1", "99999999999999999999999"] {
            assert!(selected_by_setting(&["a", "b"], wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_job_gets_its_columns_in_the_order_it_names_them_or_all_columns() {
        let named = ColumnSelection::Named(vec!["b".into(), "a".into()]);
        assert_eq!(selected(&["a", "b", "b"], named), Ok(vec![1, 0]));
        for third in ["b_2", "3"] {
            let named = ColumnSelection::Named(vec![third.into()]);
            let names = ["a", "b", "b"].map(str::to_owned);
            let columns = select(Path::new("t.csv"), "CSV", &names, &named).unwrap();
            assert_eq!((columns[0].index, columns[0].name.as_str()), (2, "b_2"));
        }
        assert_eq!(
            selected(&["a", "b", "c"], ColumnSelection::All),
            Ok(vec![0, 1, 2])
        );
    }
}
