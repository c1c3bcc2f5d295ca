//! Plans of small files.

use std::fs;

use mapreduce::input::Compression;
use mapreduce::job::Columns;
use runtime::{SettingsArgs, Surroundings};

use super::*;

/// Plans a file of this name and text; `adapt` changes what is asked for.
async fn planned(
    name: &str,
    text: &[u8],
    adapt: impl FnOnce(&mut Request),
) -> Result<Vec<Split>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let settings = Settings::read(&SettingsArgs::default(), &Surroundings::default());
    let request = Request::new(&settings.unwrap(), &mapreduce_jobs::registry());
    let mut request = request.unwrap();
    request.inputs = vec![path.clone()];
    adapt(&mut request);
    let plan = plan(&request).await;
    let plan = plan.map_err(|error| error.to_string().replace(path.to_str().unwrap(), name))?;
    assert_eq!(plan.bytes(), plan_bytes(plan.splits(), text));
    Ok(plan.splits().to_vec())
}

/// All bytes from the first record on.
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
async fn a_name_alone_says_how_a_file_is_read() {
    for (name, expected) in [
        ("a.tsv", "\"text\""),
        ("a.jsonl", "\"text\""),
        ("a.csv", "is CSV; name the column"),
        ("a.csv.gz", "is not valid gzip"),
        ("a", "\"text\""),
    ] {
        let told = match format(name, TABLE, |_| ()).await {
            Ok(format) => serde_json::to_string(&format).unwrap(),
            Err(error) => error,
        };
        assert!(told.contains(expected), "{name}: {told}");
    }
}

#[tokio::test]
async fn what_is_asked_for_makes_a_table_or_json_of_it() {
    let asked = |column: &str, delimiter: Option<u8>, format: Format| {
        let column = Some(column.to_owned());
        move |request: &mut Request| {
            (request.column, request.delimiter, request.format) = (column, delimiter, format);
        }
    };
    let found = format("a.tsv", TABLE, asked("b,c;d", None, Format::Auto)).await;
    assert_eq!(found.unwrap().columns(), ["b,c;d"]);
    let found = format("a.csv", TABLE, asked("c;d", None, Format::Auto)).await;
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
    let found = format("a", TABLE, asked("d,a\tb,c", Some(b';'), Format::Csv)).await;
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
async fn a_job_has_the_columns_it_needs() {
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
            request.format = Format::KeyValue;
            request.spec.shape.columns = names;
        }
    };
    let found = format("a", TABLE, key_value(&["value", "key"])).await;
    assert_eq!(found.unwrap().columns(), ["value", "key"]);
    let told = format("a", TABLE, key_value(&["lang"])).await.unwrap_err();
    assert!(
        told.contains("has key and value, and no \"lang\""),
        "{told}"
    );
}

#[tokio::test]
async fn a_job_that_needs_columns_is_told_where_there_are_none() {
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
            ["a.csv: has no column \"x\"", "a\tb, c;d"],
        ),
        (
            "a.parquet",
            Columns::Line,
            ["a.parquet: is Parquet", "no lines"],
        ),
        ("a.parquet", Columns::All, ["a.parquet: is ", "Parquet"]),
        (
            "a.parquet.gz",
            Columns::All,
            ["a.parquet.gz: is Parquet", "decompress it"],
        ),
    ] {
        let told = format(name, TABLE, columns(wanted)).await.unwrap_err();
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
}

#[tokio::test]
async fn splits_know_their_lines_if_the_job_asks() {
    let text = "a\nb\n\nc\n".repeat(1000);
    let lines = |numbered: bool| {
        let text = &text;
        async move {
            let splits = planned("a.txt", text.as_bytes(), |request| {
                request.split_size = NonZeroU64::new(100);
                request.spec.shape.lines = numbered;
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
async fn a_whole_file_is_one_split_compressed_or_not() {
    let whole = |request: &mut Request| {
        request.format = Format::Whole;
        request.split_size = NonZeroU64::new(1);
    };
    for (name, compression) in [("a", None), ("a.gz", Some(Compression::Gzip))] {
        let splits = planned(name, b"a\nb\nc\n", whole).await.unwrap();
        assert_eq!(splits.len(), 1);
        let file = &splits[0].file;
        assert_eq!(
            (&file.format, file.compression),
            (&FileFormat::Whole, compression)
        );
    }
}

#[tokio::test]
async fn a_quote_opens_a_cell_behind_the_delimiter_only() {
    let asked = |delimiter: u8| {
        move |request: &mut Request| {
            request.column = Some("a".to_owned());
            request.delimiter = Some(delimiter);
            request.split_size = NonZeroU64::new(1);
        }
    };
    let text = b"a;b\n1;\"2\n2\"\n3,\"4\n5,4\"\n";
    let starts = planned("a.csv", text, asked(b';')).await.unwrap();
    let starts: Vec<_> = starts.iter().map(|s| (s.start, s.line.unwrap())).collect();
    assert_eq!(starts, [(4, 2), (12, 4), (17, 5)]);
}

#[tokio::test]
async fn several_inputs_are_named_in_the_plan_and_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["a.txt", "b.txt"] {
        fs::write(path(name), "x\n").unwrap();
    }
    let settings = Settings::read(&SettingsArgs::default(), &Surroundings::default());
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
