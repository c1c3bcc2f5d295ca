//! Plans of small files.

use std::fs;
use std::num::NonZeroU64;

use mapreduce_core::Columns;
use mapreduce_core::Compression;
use mapreduce_core::{Delimiter, FileFormat, InputFormat, Split};
use settings::{Environment, Settings, SettingsArgs};

use super::plan::plan;
use super::request::Request;

/// Plans a file with this name and text; `adapt` changes the request.
async fn planned(
    name: &str,
    text: &[u8],
    adapt: impl FnOnce(&mut Request),
) -> Result<Vec<Split>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let settings = Settings::read(&SettingsArgs::default(), &Environment::default());
    let request = Request::new(&settings.unwrap(), &mapreduce_jobs::registry());
    let mut request = request.unwrap();
    request.inputs = vec![path.clone()];
    adapt(&mut request);
    let plan = plan(&request).await;
    let plan = plan.map_err(|error| error.to_string().replace(path.to_str().unwrap(), name))?;
    assert_eq!(plan.input_bytes(), plan_bytes(plan.splits(), text));
    Ok(plan.splits().to_vec())
}

/// Returns the number of bytes from the first record on.
fn plan_bytes(splits: &[Split], text: &[u8]) -> u64 {
    splits
        .first()
        .map_or(0, |first| text.len() as u64 - first.start)
}

async fn format(
    name: &str,
    text: &str,
    adapt: impl FnOnce(&mut Request),
) -> Result<FileFormat, String> {
    let splits = planned(name, text.as_bytes(), adapt).await?;
    Ok(splits[0].file.format.clone())
}

fn columns(columns: Columns) -> impl FnOnce(&mut Request) {
    move |request| request.spec.shape.columns = columns
}

fn named(names: &[&str]) -> Columns {
    Columns::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

const TABLE: &str = "a\tb,c;d\n1\t2,3;4\n";

#[tokio::test]
async fn the_name_of_a_file_suggests_its_format() {
    for (name, expected) in [
        ("a.tsv", "\"text\""),
        ("a.jsonl", "\"text\""),
        ("a.csv", "in this CSV file; name the column"),
        ("a.csv.gz", "not compressed with gzip"),
        ("a", "\"text\""),
    ] {
        let message = match format(name, TABLE, |_| ()).await {
            Ok(format) => serde_json::to_string(&format).unwrap(),
            Err(error) => error,
        };
        assert!(message.contains(expected), "{name}: {message}");
    }
}

#[tokio::test]
async fn a_column_or_a_pointer_makes_a_file_a_table_or_json() {
    let asked = |column: &str, delimiter: Option<u8>, format: InputFormat| {
        let column = Some(column.to_owned());
        move |request: &mut Request| {
            (request.column, request.format) = (column, format);
            request.delimiter = delimiter.map(Delimiter::Character);
        }
    };
    let found = format("a.tsv", TABLE, asked("b,c;d", None, InputFormat::Auto)).await;
    assert_eq!(found.unwrap().columns(), ["b,c;d"]);
    let found = format("a.csv", TABLE, asked("c;d", None, InputFormat::Auto)).await;
    assert!(
        matches!(
            found,
            Ok(FileFormat::Csv {
                column: 1,
                width: 2,
                ..
            })
        ),
        "{found:?}"
    );
    let found = format("a", TABLE, asked("d,a\tb,c", Some(b';'), InputFormat::Csv)).await;
    let found = found.unwrap();
    assert_eq!(found.columns(), ["d", "a\tb,c"]);
    assert!(
        matches!(
            found,
            FileFormat::Table {
                delimiter: b';',
                width: 2,
                ..
            }
        ),
        "{found:?}"
    );
    let pointers = |request: &mut Request| request.pointers = vec!["/a".to_owned()];
    let found = format("a.ndjson", TABLE, pointers).await.unwrap();
    assert_eq!(found.columns(), ["/a"]);
}

#[tokio::test]
async fn a_job_gets_the_columns_it_needs() {
    for (name, wanted, expected) in [
        ("a.tsv", named(&["b,c;d", "a"]), &["b,c;d", "a"][..]),
        ("a.tsv", Columns::All, &["a", "b,c;d"]),
        ("a.csv", Columns::All, &["a\tb", "c;d"]),
        ("a.csv", named(&["c;d"]), &["c;d"]),
        ("a.jsonl", named(&["user", "/a/b"]), &["/user", "/a/b"]),
        ("a.csv", Columns::Line, &[]),
        ("a.tsv", Columns::Line, &[]),
        ("a.jsonl", Columns::Line, &[]),
    ] {
        let found = format(name, TABLE, columns(wanted)).await.unwrap();
        assert_eq!(found.columns(), expected, "{name}");
    }
    let key_value = |names: &[&str]| {
        let names = named(names);
        move |request: &mut Request| {
            request.format = InputFormat::KeyValue;
            request.spec.shape.columns = names;
        }
    };
    let found = format("a", TABLE, key_value(&["value", "key"])).await;
    assert_eq!(found.unwrap().columns(), ["value", "key"]);
    let message = format("a", TABLE, key_value(&["lang"])).await.unwrap_err();
    assert!(
        message.contains("has the columns key and value, but not \"lang\""),
        "{message}"
    );
}

#[tokio::test]
async fn a_job_that_needs_columns_fails_on_a_file_without_columns() {
    for (name, wanted, parts) in [
        (
            "a.txt",
            named(&["x"]),
            ["a.txt: the job word-count", "input.format"],
        ),
        (
            "a.txt",
            Columns::All,
            ["a.txt: the job word-count", "input.format"],
        ),
        (
            "a.jsonl",
            Columns::All,
            ["a.jsonl: the job", "input.pointer"],
        ),
        (
            "a.csv",
            named(&["x"]),
            ["a.csv: missing column \"x\"", "\"a\\tb\", \"c;d\""],
        ),
        (
            "a.parquet",
            Columns::Line,
            ["a.parquet: the job reads lines", "Parquet"],
        ),
        ("a.parquet", Columns::All, ["a.parquet: is ", "Parquet"]),
        (
            "a.parquet.gz",
            Columns::All,
            ["a.parquet.gz", "not compressed with gzip"],
        ),
    ] {
        let message = format(name, TABLE, columns(wanted)).await.unwrap_err();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[tokio::test]
async fn splits_record_line_numbers_if_the_job_needs_them() {
    let text = "a\nb\n\nc\n".repeat(1000);
    let lines = |numbered: bool| {
        let text = &text;
        async move {
            let splits = planned("a.txt", text.as_bytes(), |request| {
                request.split_size = NonZeroU64::new(100);
                request.spec.shape.line_numbers = numbered;
            });
            splits.await.unwrap()
        }
    };
    for split in lines(true).await {
        let before = &text[..split.start as usize];
        assert_eq!(split.line, Some(1 + before.matches('\n').count() as u64));
    }
    assert_eq!(lines(false).await[1].line, None);
}

#[tokio::test]
async fn a_whole_file_is_one_split_with_or_without_compression() {
    let whole = |request: &mut Request| {
        request.format = InputFormat::Whole;
        request.split_size = NonZeroU64::new(1);
    };
    for (name, bytes, compression) in [
        ("a", &b"a\nb\nc\n"[..], None),
        ("a", b"\x1f\x8b\x08...", Some(Compression::Gzip)),
    ] {
        let splits = planned(name, bytes, whole).await.unwrap();
        assert_eq!(splits.len(), 1);
        let file = &splits[0].file;
        assert_eq!(
            (&file.format, file.compression),
            (&FileFormat::Whole, compression)
        );
    }
}

#[tokio::test]
async fn a_quote_opens_a_cell_only_after_a_delimiter() {
    let asked = |delimiter: u8| {
        move |request: &mut Request| {
            request.column = Some("a".to_owned());
            request.delimiter = Some(Delimiter::Character(delimiter));
            request.split_size = NonZeroU64::new(1);
        }
    };
    let text = b"a;b\n1;\"2\n2\"\n3,\"4\n5,4\"\n";
    let starts = planned("a.csv", text, asked(b';')).await.unwrap();
    let starts: Vec<_> = starts.iter().map(|s| (s.start, s.line.unwrap())).collect();
    assert_eq!(starts, [(4, 2), (12, 4), (17, 5)]);
}

#[tokio::test]
async fn the_plan_names_several_inputs_but_not_a_single_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["a.txt", "b.txt"] {
        fs::write(path(name), "x\n").unwrap();
    }
    let settings = Settings::read(&SettingsArgs::default(), &Environment::default());
    let request = Request::new(&settings.unwrap(), &mapreduce_jobs::registry());
    let mut request = request.unwrap();
    for (inputs, expected) in [
        (vec![path("a.txt")], vec![]),
        (
            vec![path("b.txt"), path("a.txt")],
            vec![path("b.txt"), path("a.txt")],
        ),
    ] {
        request.inputs = inputs;
        let plan = plan(&request).await.unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(plan.spec().input_names, expected);
    }
}
