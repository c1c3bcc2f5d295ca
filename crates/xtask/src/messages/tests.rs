//! Tests of the list of messages.

use super::command::*;

#[test]
fn messages_of_each_kind_are_extracted() {
    let source = r#"
        #[derive(thiserror::Error)]
        enum Failure {
            #[error("cannot read {file}: {reason}")]
            Read { file: String, reason: String },
        }
        #[derive(clap::Args)]
        struct Arguments {
            /// File to read
            file: String,
        }
        fn run() {
            warn!(task, wait = %shown, "retrying");
            let text = format!("{count} records skipped");
            let key = "one-word";
            let value = option.expect("a bug of the program");
        }
        #[cfg(test)]
        mod tests {
            fn test() { panic!("text of a test"); }
        }
    "#;
    let messages = extract(&syn::parse_file(source).unwrap());
    let expected = [
        (Kind::Error, "cannot read {file}: {reason}"),
        (Kind::Help, "File to read"),
        (Kind::Log, "retrying task=… wait=…"),
        (Kind::Other, "{count} records skipped"),
    ];
    assert_eq!(
        messages,
        expected.map(|(kind, text)| (kind, text.to_owned()))
    );
}
