//! What a task is about, for messages.

use mapreduce::{Split, Task};
use store::InvalidPayload;

/// What the task of this payload reads, in brackets; nothing if that cannot be told.
pub(super) fn place(payload: Result<&Task, &InvalidPayload>) -> String {
    match payload {
        Ok(Task::Map(split)) => format!(" ({})", range(split)),
        Ok(Task::Reduce(partition)) => format!(" (reduce task of partition {partition})"),
        Err(_) => String::new(),
    }
}

fn range(split: &Split) -> String {
    let Split {
        file,
        start,
        end,
        line,
        ..
    } = split;
    let name = match (file.path.as_str(), file.root) {
        ("", root) => format!("input {}", root + 1),
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

    #[test]
    fn a_task_is_told_by_its_file_and_range_or_by_its_partition() {
        let file = r#"{"root":0,"path":"books/a.txt","len":90,"modified":1,"format":"text"}"#;
        let place = |payload: &str| super::place(parse_payload(payload).as_deref());
        let split =
            |line| format!(r#"{{"map":{{"file":{file},"start":16,"end":64,"line":{line}}}}}"#);
        assert_eq!(
            place(&split("7")),
            " (books/a.txt, bytes 16 to 64, from line 7 on)"
        );
        assert_eq!(place(&split("null")), " (books/a.txt, bytes 16 to 64)");
        let whole = split("null").replace("books/a.txt", "");
        assert_eq!(place(&whole), " (input 1, bytes 16 to 64)");
        assert_eq!(place(r#"{"reduce":3}"#), " (reduce task of partition 3)");
        assert_eq!(place("{}"), "");
    }
}
