//! Names of input files in results.

use mapreduce_job::TaskContext;

/// Returns the path of the attempt's input file relative to its input folder. If the input is a file, returns its name.
///
/// A job with several inputs may have the same path in two of them. Its names start with the name of the input from the
/// master's settings.
pub(super) fn file_name(context: &TaskContext) -> String {
    let input = context.input_names.get(usize::from(context.input()));
    if let (Some(input), Some(split)) = (input, &context.split) {
        return match split.file.path.as_str() {
            "" => input.clone(),
            path => format!("{}/{path}", input.trim_end_matches('/')),
        };
    }
    let planned = context.split.as_ref().map(|split| split.file.path.clone());
    planned.filter(|path| !path.is_empty()).unwrap_or_else(|| {
        let name = context.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    })
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{FileFormat, InputFile, Split};

    use super::*;

    #[test]
    fn the_name_starts_with_the_name_of_the_input() {
        let name = |input: &str, path: &str| {
            let file = InputFile {
                input_index: 1,
                path: path.to_owned(),
                len: 0,
                modified: 0,
                format: FileFormat::Text,
                compression: None,
                encoding: None,
            };
            let split = Split {
                file,
                start: 0,
                end: 0,
                skip: 0,
                line: None,
            };
            file_name(&TaskContext {
                input_names: vec!["other".to_owned(), input.to_owned()],
                split: Some(split),
                ..TaskContext::default()
            })
        };
        assert_eq!(name("logs/", "a.txt"), "logs/a.txt");
        assert_eq!(name("../logs", "a.txt"), "../logs/a.txt");
        assert_eq!(name("logs/a.txt", ""), "logs/a.txt");
        assert_eq!(name("/", "a.txt"), "/a.txt");
    }
}
