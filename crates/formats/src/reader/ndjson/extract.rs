//! JSON in lines, and what JSON pointers lead to in it.
//!
//! A line is walked once, along the branches that pointers name; all else is checked to be JSON and passed
//! over. A string is its text, any other value its JSON without spaces; `null` is a value.
//! Of a name that an object has twice, the last counts. An empty line is no record.

use serde_json::value::RawValue;

use super::super::fields::{Fields, repair};
use super::super::short::{Lack, Short};
use super::pointer::{Branch, walk};
use mapreduce_core::Record;

/// Makes records out of lines.
#[derive(Debug)]
pub(crate) struct Extract {
    root: Branch,
    pointers: usize,
    fields: Fields,
    /// A line whose bytes are no UTF-8.
    repaired: Vec<u8>,
    /// Invalid sequences seen since it was asked last.
    pub(crate) invalid: u64,
    /// Whether lines without the only value asked for are handed out too.
    keeps_lacking: bool,
    /// Whether the first line is that of the file, and not of a split further on.
    starts_file: bool,
}

/// The mark that some programs put before the first line.
const MARK: &[u8] = "\u{feff}".as_bytes();

impl Extract {
    /// `base` is where the first line starts in its file.
    pub(crate) fn new(pointers: &[String], base: u64) -> Self {
        Self {
            root: Branch::new(pointers),
            pointers: pointers.len(),
            fields: Fields::default(),
            repaired: Vec::new(),
            invalid: 0,
            keeps_lacking: false,
            starts_file: base == 0,
        }
    }

    /// Hands out lines without the only value asked for too.
    pub(crate) fn keep_lacking(&mut self) {
        self.keeps_lacking = true;
    }

    /// Hands out what the pointers lead to in `line`, which lies `at` bytes behind the start of the split and is
    /// known to be UTF-8 if it is `plain`. What is no JSON is noted in `short`; so is what lacks the only value asked
    /// for, unless it is to be kept.
    pub(crate) fn line(
        &mut self,
        line: Record<'_>,
        plain: bool,
        short: &mut Short,
        each: &mut dyn FnMut(Record<'_>),
    ) {
        let at = line.offset();
        let mut line = line;
        if !plain && str::from_utf8(line.bytes()).is_err() {
            self.repaired.clear();
            self.invalid += repair(line.bytes(), &mut self.repaired);
            line = line.with_bytes(&self.repaired);
        }
        let marked = self.starts_file && at == 0 && line.bytes().starts_with(MARK);
        let marked = usize::from(marked) * MARK.len();
        let json = &line.bytes()[marked..];
        if json.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let mut values: Vec<Option<&RawValue>> = vec![None; self.pointers];
        if walk(json, &self.root, &mut values).is_err() {
            return short.add(at, Lack::Json);
        }
        if let [only] = values[..] {
            if only.is_none() && !self.keeps_lacking {
                return short.add(at, Lack::Value);
            }
            if let Some(text) = only.and_then(super::text::plain) {
                // A part of the line, wherever `walk` found it.
                let start = text.as_ptr() as usize - line.bytes().as_ptr() as usize;
                return each(line.part(start..start + text.len()));
            }
        }
        self.fields.clear();
        for value in values {
            match value {
                Some(value) => {
                    let invalid = &mut self.invalid;
                    self.fields
                        .push(|into| *invalid += super::text::put(value, into));
                }
                None => self.fields.absent(),
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

    /// The fields of what comes of a line, or what it lacks.
    fn extract(line: &str, pointers: &[&str]) -> Result<Vec<Option<String>>, Option<Lack>> {
        let pointers: Vec<_> = pointers.iter().map(|p| (*p).to_owned()).collect();
        let mut extract = Extract::new(&pointers, 0);
        let (mut short, mut found) = (Short::default(), None);
        extract.line(
            Record::from(line.as_bytes()),
            true,
            &mut short,
            &mut |record| {
                let field = |at| Some(String::from_utf8(record.field(at)?.to_vec()).unwrap());
                found = Some((0..record.fields()).map(field).collect());
            },
        );
        found.ok_or(short.first.map(|first| first.lack))
    }

    fn one(line: &str, pointer: &str) -> Result<String, Option<Lack>> {
        extract(line, &[pointer]).map(|fields| fields[0].clone().unwrap())
    }

    #[test]
    fn a_pointer_leads_to_text_or_compact_json() {
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
            assert_eq!(one(line, absent), Err(Some(Lack::Value)), "{absent}");
        }
    }

    #[test]
    fn several_pointers_give_fields_in_their_order() {
        let line = r#"{"k":{"v":[1, 2]},"s":"t\tu"}"#;
        let fields = extract(line, &["/s", "/none", "/k", "/k/v/1", "/s"]);
        let text = |text: &str| Some(text.to_owned());
        let s = text("t\tu");
        let expected = vec![s.clone(), None, text(r#"{"v":[1,2]}"#), text("2"), s];
        assert_eq!(fields, Ok(expected));
    }

    #[test]
    fn what_is_no_json_is_told_and_empty_lines_are_not() {
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
            assert_eq!(one(bad, "/a"), Err(Some(Lack::Json)), "{bad}");
        }
        assert_eq!(
            one(r#"{"b\u0001":1,"a":2,"c\n":3}"#, "/a").as_deref(),
            Ok("2")
        );
        for empty in ["", " ", "\t"] {
            assert_eq!(one(empty, "/a"), Err(None));
        }
        assert_eq!(one("\u{feff}{\"a\":1}", "/a").as_deref(), Ok("1"));
        assert_eq!(
            one(r#"{"a":1,"a":{"b":2}}"#, "/a").as_deref(),
            Ok(r#"{"b":2}"#)
        );
        assert_eq!(
            one(r#"{"a":{"b":2},"a":1}"#, "/a/b"),
            Err(Some(Lack::Value))
        );
    }

    #[test]
    fn a_mark_is_none_at_the_start_of_a_split_further_on() {
        let told = |base| {
            let mut extract = Extract::new(&["/a".to_owned()], base);
            let (mut short, mut found) = (Short::default(), 0);
            let line = Record::from("\u{feff}{\"a\":1}".as_bytes());
            extract.line(line, true, &mut short, &mut |_| found += 1);
            (found, short.first.map(|first| first.lack))
        };
        assert_eq!(told(0), (1, None));
        assert_eq!(told(12), (0, Some(Lack::Json)));
    }

    #[test]
    fn half_a_character_is_replaced_and_deep_json_is_read() {
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

    /// Pointers to all values in one.
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
        fn pointers_lead_where_they_lead_in_the_whole_value(
            value in json(), pretty: bool, picks in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        ) {
            // What is one line may hold any spaces.
            let line = if pretty { format!("{value:#}").replace('\n', "\r\t") } else { value.to_string() };
            let mut pointers = Vec::new();
            all(&value, "", &mut pointers);
            pointers.extend(["/a/b", "/0", "/~0"].map(String::from));
            let picked: Vec<_> = picks.iter().map(|pick| pick.get(&pointers).as_str()).collect();
            let expected: Vec<_> = picked.iter().map(|p| value.pointer(p).map(text)).collect();
            let found = extract(&line, &picked);
            match &expected[..] {
                [None] => prop_assert_eq!(found, Err(Some(Lack::Value))),
                _ => prop_assert_eq!(found, Ok(expected)),
            }
        }

        #[test]
        fn no_line_makes_it_panic(line in "[\\[\\]{}\"\\\\ua0-9:,é ]{0,40}", pointer in "(/[a0~é]{0,2}){0,3}") {
            let walked = extract(&line, &[&pointer]);
            let valid = serde_json::from_str::<serde::de::IgnoredAny>(&line).is_ok();
            if !line.trim_ascii().is_empty() {
                prop_assert_eq!(walked == Err(Some(Lack::Json)), !valid);
            }
        }
    }
}
