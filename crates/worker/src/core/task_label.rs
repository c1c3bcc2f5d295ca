//! Labels of tasks in messages.

use mapreduce_core::{Split, Task};
use store::Claim;

/// Returns the input of a claimed task in parentheses, or an empty string if its payload is invalid.
pub(super) fn input_label(claim: &Claim) -> String {
    match claim.payload.as_deref() {
        Ok(Task::Map(split)) => format!(" ({})", range_label(split)),
        Ok(Task::Reduce(partition)) => format!(" (reduce task of partition {partition})"),
        Err(_) => String::new(),
    }
}

fn range_label(split: &Split) -> String {
    let Split {
        file,
        start,
        end,
        line,
        ..
    } = split;
    let name = match (file.path.as_str(), file.input_index) {
        // The input itself is a file, so its path relative to the input is empty.
        ("", index) => format!("input {}", index + 1),
        (path, _) => path.to_owned(),
    };
    match line {
        Some(line) => format!("{name}, bytes {start} to {end}, from line {line} on"),
        None => format!("{name}, bytes {start} to {end}"),
    }
}

#[cfg(test)]
mod tests {
    use store::parse_payload;

    use super::*;
    use crate::core::tests::claim;

    fn label(payload: &str) -> String {
        input_label(&Claim {
            payload: parse_payload(payload),
            ..claim(0, 1)
        })
    }

    #[test]
    fn a_label_names_the_file_and_range_or_the_partition() {
        let file = r#"{"root":0,"path":"books/a.txt","len":90,"modified":1,"format":"text"}"#;
        let split =
            |line| format!(r#"{{"map":{{"file":{file},"start":16,"end":64,"line":{line}}}}}"#);
        assert_eq!(
            label(&split("7")),
            " (books/a.txt, bytes 16 to 64, from line 7 on)"
        );
        assert_eq!(label(&split("null")), " (books/a.txt, bytes 16 to 64)");
        let whole = split("null").replace("books/a.txt", "");
        assert_eq!(label(&whole), " (input 1, bytes 16 to 64)");
        assert_eq!(label(r#"{"reduce":3}"#), " (reduce task of partition 3)");
        assert_eq!(label("{}"), "");
    }
}
