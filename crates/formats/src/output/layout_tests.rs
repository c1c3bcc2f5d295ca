use mapreduce_core::{CellType, OutputFormat, Schema, Shape, ValueKind, put_cell};
use proptest::prelude::*;

use super::RowLayout;

fn text(layout: &RowLayout, rows: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
    let mut text = Vec::new();
    layout.begin(&mut text);
    for (at, (key, value)) in rows.iter().enumerate() {
        layout.row(&mut text, key, value, at == 0);
    }
    layout.end(&mut text, rows.is_empty());
    text
}

/// Returns the result with rows of keys and values in all formats.
fn all(shape: &Shape, rows: &[(&str, &str)]) -> Vec<String> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(key, value)| (key.as_bytes(), value.as_bytes().to_vec()))
        .collect();
    let formats = OutputFormat::ALL[..5].iter();
    let texts = formats.map(|(_, format)| text(&RowLayout::new(*format, true, shape), &rows));
    texts.map(|text| String::from_utf8(text).unwrap()).collect()
}

fn row(cells: &[Option<&str>]) -> (&'static [u8], Vec<u8>) {
    let mut row = Vec::new();
    for cell in cells {
        put_cell(&mut row, cell.map(str::as_bytes));
    }
    (b"key", row)
}

/// Returns the result with counts in all formats.
fn counts(shape: &Shape, rows: &[(&str, u64)]) -> Vec<String> {
    let formats = OutputFormat::ALL[..5].iter().map(|(_, format)| {
        let layout = RowLayout::new(*format, true, shape);
        let mut text = Vec::new();
        layout.begin(&mut text);
        for (at, (key, count)) in rows.iter().enumerate() {
            layout.count(&mut text, key.as_bytes(), *count, at == 0);
        }
        layout.end(&mut text, rows.is_empty());
        String::from_utf8(text).unwrap()
    });
    formats.collect()
}

#[test]
fn counts_are_one_json_object_or_a_table() {
    let rows = [("a\"\\\n\u{1f}é", 12), ("b", 9)];
    assert_eq!(
        counts(&Shape::sum(), &rows),
        [
            "{\n  \"a\\\"\\\\\\n\\u001fé\": 12,\n  \"b\": 9\n}\n",
            "{\"key\":\"a\\\"\\\\\\n\\u001fé\",\"count\":12}\n{\"key\":\"b\",\"count\":9}\n",
            "key,count\n\"a\"\"\\\n\u{1f}é\",12\nb,9\n",
            "key\tcount\n\"a\"\"\\\n\u{1f}é\"\t12\nb\t9\n",
            "a\"\\\n\u{1f}é\t12\nb\t9\n",
        ]
    );
    let empty = ["{}\n", "", "key,count\n", "key\tcount\n", ""];
    assert_eq!(counts(&Shape::sum(), &[]), empty);
    let table = Shape {
        key_name: "word".into(),
        json_object: false,
        ..Shape::sum()
    };
    assert_eq!(
        counts(&table, &[("a", 3), ("b", 1)])[..3],
        [
            "[\n  {\"word\": \"a\", \"count\": 3},\n  {\"word\": \"b\", \"count\": 1}\n]\n",
            "{\"word\":\"a\",\"count\":3}\n{\"word\":\"b\",\"count\":1}\n",
            "word,count\na,3\nb,1\n",
        ]
    );
}

#[test]
fn repeated_keys_with_text_values_become_a_list() {
    let shape = Shape::groups(ValueKind::Text);
    assert_eq!(
        all(&shape, &[("a", "x\ty"), ("a", "")]),
        [
            "[\n  {\"key\": \"a\", \"value\": \"x\\ty\"},\n  {\"key\": \"a\", \"value\": \"\"}\n]\n",
            "{\"key\":\"a\",\"value\":\"x\\ty\"}\n{\"key\":\"a\",\"value\":\"\"}\n",
            "key,value\na,x\ty\na,\n",
            "key\tvalue\na\t\"x\ty\"\na\t\n",
            "a\tx\ty\na\t\n",
        ]
    );
}

#[test]
fn cells_of_a_table_have_json_types_and_keep_their_text() {
    let types = [
        ("t", CellType::Text),
        ("who, what", CellType::Number),
        ("t", CellType::Json),
        ("b", CellType::Boolean),
    ];
    let shape = Shape::table(Schema::new(types));
    let rows = [
        row(&[Some("x,y"), Some("4.50"), Some("[1]"), Some("true")]),
        row(&[None, None, None, None]),
        row(&[Some("")]),
    ];
    let texts = OutputFormat::ALL[..5].iter().map(|(_, format)| {
        String::from_utf8(text(&RowLayout::new(*format, true, &shape), &rows)).unwrap()
    });
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [
            "[\n  {\"t\": \"x,y\", \"who, what\": 4.50, \"t_2\": [1], \"b\": true},\n  \
             {\"t\": null, \"who, what\": null, \"t_2\": null, \"b\": null},\n  \
             {\"t\": \"\", \"who, what\": null, \"t_2\": null, \"b\": null}\n]\n",
            "{\"t\":\"x,y\",\"who, what\":4.50,\"t_2\":[1],\"b\":true}\n\
             {\"t\":null,\"who, what\":null,\"t_2\":null,\"b\":null}\n\
             {\"t\":\"\",\"who, what\":null,\"t_2\":null,\"b\":null}\n",
            "t,\"who, what\",t,b\n\"x,y\",4.50,[1],true\n,,,\n,,,\n",
            "t\twho, what\tt\tb\nx,y\t4.50\t[1]\ttrue\n\t\t\t\n\t\t\t\n",
            "x,y\t4.50\t[1]\ttrue\n\t\t\t\n\t\t\t\n",
        ]
    );
    let layout = RowLayout::new(OutputFormat::Csv, false, &shape);
    assert_eq!(text(&layout, &rows[1..2]), b",,,\n");
}

#[test]
fn lines_stay_as_they_are_in_formats_without_objects() {
    let shape = Shape::groups(ValueKind::Line);
    let line = "a,\"b\"\t1\\";
    assert_eq!(
        all(&shape, &[(line, ""), ("c", "")]),
        [
            "[\n  \"a,\\\"b\\\"\\t1\\\\\",\n  \"c\"\n]\n",
            "{\"key\":\"a,\\\"b\\\"\\t1\\\\\"}\n{\"key\":\"c\"}\n",
            "a,\"b\"\t1\\\nc\n",
            "a,\"b\"\t1\\\nc\n",
            "a,\"b\"\t1\\\nc\n",
        ]
    );
}

#[test]
fn keys_without_values_are_a_list() {
    let shape = Shape::groups(ValueKind::Nothing);
    assert_eq!(
        all(&shape, &[("a \"b\"", ""), ("", "")]),
        [
            "[\n  \"a \\\"b\\\"\",\n  \"\"\n]\n",
            "{\"key\":\"a \\\"b\\\"\"}\n{\"key\":\"\"}\n",
            "key\n\"a \"\"b\"\"\"\n\"\"\n",
            "key\n\"a \"\"b\"\"\"\n\"\"\n",
            "a \"b\"\n\n",
        ]
    );
    assert_eq!(all(&shape, &[])[0], "[]\n");
    let object = Shape {
        json_object: true,
        ..Shape::groups(ValueKind::Number)
    };
    assert_eq!(all(&object, &[("a", "1")])[0], "{\n  \"a\": 1\n}\n");
    assert_eq!(all(&object, &[])[0], "{}\n");
}

proptest! {
    #[test]
    fn readers_of_csv_get_the_written_bytes(
        cells in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(0u8.., 0..4), 1..4), 0..5,
        ),
        tabs: bool,
    ) {
        let format = if tabs { OutputFormat::Tsv } else { OutputFormat::Csv };
        let shape = Shape::table(Schema::of_text(["a", "b", "c"]));
        let mut rows = Vec::new();
        for cells in &cells {
            let mut row = Vec::new();
            cells.iter().for_each(|cell| put_cell(&mut row, Some(cell)));
            rows.push((&b""[..], row));
        }
        let text = text(&RowLayout::new(format, true, &shape), &rows);
        let mut reader = ::csv::ReaderBuilder::new();
        reader.delimiter(format.delimiter().unwrap());
        let mut reader = reader.from_reader(&text[..]);
        let read = reader.byte_records().map(|row| {
            let row = row.unwrap();
            row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
        });
        let expected = cells.into_iter().map(|mut cells| { cells.resize(3, Vec::new()); cells });
        prop_assert_eq!(read.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
