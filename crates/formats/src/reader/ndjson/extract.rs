//! Extraction of values from lines of JSON by JSON pointers.
//!
//! One pass over a line follows the branches of the pointers; the rest of the line is only validated.
//!
//! - The text of a string is its content; the text of any other value is its JSON without spaces.
//! - `null` is a value.
//! - If an object contains a name twice, the last member counts.
//! - An empty line is not a record.

use serde_json::value::RawValue;

use super::super::defects::{DefectiveRecords, RecordDefect};
use super::super::fields::{Fields, repair};
use super::pointer::{Branch, walk};
use mapreduce_core::Record;

/// Extractor that turns lines into records.
#[derive(Debug)]
pub(crate) struct Extract {
    root: Branch,
    fields: Fields,
    /// Repaired text of a line that is not UTF-8.
    repaired: Vec<u8>,
    /// Number of invalid sequences since the caller last took the count.
    pub(crate) invalid: u64,
    /// True if lines without the only selected value are records too.
    keeps_incomplete: bool,
    /// Pointers, and the number of records without a value there.
    missing: Vec<(String, u64)>,
}

impl Extract {
    /// Creates an extractor for `pointers`.
    pub(crate) fn new(pointers: &[String]) -> Self {
        Self {
            root: Branch::new(pointers),
            fields: Fields::default(),
            repaired: Vec::new(),
            invalid: 0,
            keeps_incomplete: false,
            missing: pointers
                .iter()
                .map(|pointer| (pointer.clone(), 0))
                .collect(),
        }
    }

    /// Makes lines without the only selected value records too.
    pub(crate) fn keep_incomplete(&mut self) {
        self.keeps_incomplete = true;
    }

    /// Returns the pointers, each with the number of records without a value there.
    pub(crate) fn missing(&self) -> &[(String, u64)] {
        &self.missing
    }

    /// Calls `each` with the values of the pointers in `line`. A `plain` line is known to be UTF-8.
    ///
    /// Lines of invalid JSON count as `defects`. So do lines without the only selected value, unless the extractor
    /// keeps them.
    pub(crate) fn line(
        &mut self,
        line: Record<'_>,
        plain: bool,
        defects: &mut DefectiveRecords,
        each: &mut dyn FnMut(Record<'_>),
    ) {
        let at = line.offset();
        let mut line = line;
        if !plain && str::from_utf8(line.bytes()).is_err() {
            self.repaired.clear();
            defects.add(at, RecordDefect::InvalidUtf8);
            self.invalid += repair(line.bytes(), &mut self.repaired);
            line = line.with_bytes(&self.repaired);
        }
        let json = line.bytes();
        if json.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let mut values: Vec<Option<&RawValue>> = vec![None; self.missing.len()];
        if walk(json, &self.root, &mut values).is_err() {
            return defects.add(at, RecordDefect::InvalidJson);
        }
        if let [only] = values[..] {
            if only.is_none() && !self.keeps_incomplete {
                return defects.add(at, RecordDefect::MissingValue);
            }
            if let Some(text) = only.and_then(super::text::plain) {
                // The text is a part of the line, so its address gives its range without a copy.
                let start = text.as_ptr() as usize - line.bytes().as_ptr() as usize;
                return each(line.slice(start..start + text.len()));
            }
        }
        self.fields.clear();
        for (nth, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                let invalid = &mut self.invalid;
                self.fields
                    .push(|into| *invalid += super::text::put(value, into));
            } else {
                self.missing[nth].1 += 1;
                self.fields.absent();
            }
        }
        each(self.fields.in_place_of(&line));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Returns the fields of the record of a line, or the defect of the line.
    fn extract(line: &str, pointers: &[&str]) -> Result<Vec<Option<String>>, Option<RecordDefect>> {
        let pointers: Vec<_> = pointers.iter().map(|p| (*p).to_owned()).collect();
        let mut extract = Extract::new(&pointers);
        let (mut defects, mut found) = (DefectiveRecords::default(), None);
        extract.line(
            Record::from(line.as_bytes()),
            true,
            &mut defects,
            &mut |record| {
                let field = |at| Some(String::from_utf8(record.field(at)?.to_vec()).unwrap());
                found = Some((0..record.field_count()).map(field).collect());
            },
        );
        found.ok_or(defects.first().next().map(|first| first.defect))
    }

    fn one(line: &str, pointer: &str) -> Result<String, Option<RecordDefect>> {
        extract(line, &[pointer]).map(|fields| fields[0].clone().unwrap())
    }

    #[test]
    fn a_pointer_selects_text_or_compact_json() {
        let line = r#" {"a": {"b": ["x", {"c/d~": "né\n\ud83d\ude00"}], "n": [ 1.50, "a b" , null]}, "": 1e400} "#;
        for (pointer, expected) in [
            ("/a/b/0", "x"),
            ("/a/b/1/c~1d~0", "né\n😀"),
            ("/a/n", r#"[1.50,"a b",null]"#),
            ("/a/n/2", "null"),
            ("/", "1e400"),
        ] {
            assert_eq!(one(line, pointer).as_deref(), Ok(expected), "{pointer}");
        }
        for absent in ["/b", "/a/b/2", "/a/b/00", "/a/b/-", "/a/b/0/x", "/a/n/0/0"] {
            assert_eq!(
                one(line, absent),
                Err(Some(RecordDefect::MissingValue)),
                "{absent}"
            );
        }
    }

    #[test]
    fn fields_follow_the_order_of_the_pointers() {
        let line = r#"{"k":{"v":[1, 2]},"s":"t\tu"}"#;
        let fields = extract(line, &["/s", "/missing", "/k", "/k/v/1", "/s"]);
        let text = |text: &str| Some(text.to_owned());
        let s = text("t\tu");
        let expected = vec![s.clone(), None, text(r#"{"v":[1,2]}"#), text("2"), s];
        assert_eq!(fields, Ok(expected));
    }

    #[test]
    fn invalid_json_is_a_defect_and_an_empty_line_is_skipped() {
        for bad in [
            "{",
            "{\"a\":1} x",
            "nul",
            "{'a':1}",
            "{\"a\":1,}",
            "a",
            "\"\u{1}\"",
            "{\"b\u{1}\":2}",
            "{\"b\\n\t\":2}",
        ] {
            assert_eq!(
                one(bad, "/a"),
                Err(Some(RecordDefect::InvalidJson)),
                "{bad}"
            );
        }
        assert_eq!(
            one(r#"{"b\u0001":1,"a":2,"c\n":3}"#, "/a").as_deref(),
            Ok("2")
        );
        for empty in ["", " ", "\t"] {
            assert_eq!(one(empty, "/a"), Err(None));
        }
        assert_eq!(
            one(r#"{"a":1,"a":{"b":2}}"#, "/a").as_deref(),
            Ok(r#"{"b":2}"#)
        );
        assert_eq!(
            one(r#"{"a":{"b":2},"a":1}"#, "/a/b"),
            Err(Some(RecordDefect::MissingValue))
        );
    }

    #[test]
    fn lone_surrogates_are_replaced_and_deeply_nested_json_is_read() {
        assert_eq!(
            one(r#"{"a":"x\ud800y\udc00"}"#, "/a").as_deref(),
            Ok("x\u{fffd}y\u{fffd}")
        );
        assert_eq!(
            one(r#"{"\ud800":1,"a":"\ud800\u0041"}"#, "/a").as_deref(),
            Ok("\u{fffd}A")
        );
        let deep = format!(r#"{{"d":{}{},"a":1}}"#, "[".repeat(5000), "]".repeat(5000));
        assert_eq!(one(&deep, "/a").as_deref(), Ok("1"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c\"\\\\/~é\n😀 ]{0,5}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c/~\"é]{0,2}", inner, 0..4)
                    .prop_map(|map| json!(map)),
            ]
        })
    }

    /// Adds pointers to all values in `value`.
    fn all(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(nth, item)| all(item, &format!("{at}/{nth}"), into));
            }
            Value::Object(map) => map.iter().for_each(|(name, item)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                all(item, &format!("{at}/{name}"), into);
            }),
            _ => {}
        }
    }

    fn text(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn pointers_select_the_values_that_serde_json_selects(
            value in json(), pretty: bool, picks in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        ) {
            // A line may contain any white space except LF.
            let line = if pretty { format!("{value:#}").replace('\n', "\r\t") } else { value.to_string() };
            let mut pointers = Vec::new();
            all(&value, "", &mut pointers);
            pointers.extend(["/a/b", "/0", "/~0"].map(String::from));
            let picked: Vec<_> = picks.iter().map(|pick| pick.get(&pointers).as_str()).collect();
            let expected: Vec<_> = picked.iter().map(|p| value.pointer(p).map(text)).collect();
            let found = extract(&line, &picked);
            if let [None] = &expected[..] { prop_assert_eq!(found, Err(Some(RecordDefect::MissingValue))) } else { prop_assert_eq!(found, Ok(expected)) }
        }

        #[test]
        fn extraction_never_panics(line in "[\\[\\]{}\"\\\\ua0-9:,é ]{0,40}", pointer in "(/[a0~é]{0,2}){0,3}") {
            let walked = extract(&line, &[&pointer]);
            let valid = serde_json::from_str::<serde::de::IgnoredAny>(&line).is_ok();
            if !line.trim_ascii().is_empty() {
                prop_assert_eq!(walked == Err(Some(RecordDefect::InvalidJson)), !valid);
            }
        }
    }
}
