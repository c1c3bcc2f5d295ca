//! Finds the files of each word.

use std::collections::HashSet;

use mapreduce_core::Record;
use mapreduce_core::Tokenizer;
use mapreduce_core::{JobError, Param, Shape, ValueKind};
use mapreduce_formats::tokenizer::Cutter;
use mapreduce_job::{
    Combined, Combiner, Definition, Emitter, JobInfo, Mapper, Reducer, Rows, TaskContext, Values,
    define,
};

use super::line_count::file_name;
use super::number::put_json;
use super::placed::JsonText;

const INFO: JobInfo = JobInfo::new("inverted-index", "lists the files that each word is in")
    .params(&[Param {
        name: "places",
        default: Some("file"),
        help: "what is listed: file; offset or line, as pairs of a file and the place of the record in it",
    }])
    .example("books/ --job inverted-index --output index.ndjson");

pub(super) fn job() -> Definition {
    let job = define(INFO)
        .mapper(Index::default)
        .reducer(List::default)
        .combiner(|| Once);
    job.shape(|params, shape| {
        let places = Places::of(params.get("places"))?;
        Ok(Shape {
            // Files and places in their order, and what is equal together.
            sort_values: true,
            unique_keys: true,
            value: ValueKind::Json,
            lines: places == Places::Line,
            ..shape
        })
    })
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Places {
    #[default]
    File,
    Offset,
    Line,
}

impl Places {
    fn of(param: Option<&str>) -> Result<Self, JobError> {
        match param {
            None | Some("file") => Ok(Self::File),
            Some("offset") => Ok(Self::Offset),
            Some("line") => Ok(Self::Line),
            Some(other) => Err(JobError::hopeless(format!(
                "the parameter places={other} must be file, offset or line"
            ))),
        }
    }
}

/// A file and a place in it, 0 if only files are listed.
type Place = (String, u64);

/// Most bytes of words that are remembered, so that a word is emitted once for a file.
const MOST: usize = 16 << 20;

struct Index {
    cutter: Cutter,
    places: Places,
    place: Place,
    seen: Seen,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            cutter: Cutter::new(Tokenizer::Words),
            places: Places::File,
            place: Place::default(),
            seen: Seen::default(),
        }
    }
}

impl Mapper for Index {
    type Key = str;
    type Value = Place;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.cutter = Cutter::new(context.tokenizer);
        self.places = Places::of(context.params.get("places"))?;
        self.place.0 = file_name(context);
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, Place>,
    ) -> Result<(), JobError> {
        let at = match self.places {
            Places::File => 0,
            Places::Offset => record.offset(),
            Places::Line => record.line().unwrap_or_default(),
        };
        if at != self.place.1 {
            self.seen.clear();
        }
        self.place.1 = at;
        let Self {
            cutter,
            place,
            seen,
            ..
        } = self;
        cutter.each(*record, |word| {
            let word = word.bytes();
            if let (true, Ok(word)) = (seen.is_new(word), std::str::from_utf8(word)) {
                out.emit(word, place);
            }
        });
        Ok(())
    }
}

/// Words that were emitted for the place at hand.
#[derive(Debug, Default)]
struct Seen {
    words: HashSet<Box<[u8]>>,
    bytes: usize,
}

impl Seen {
    fn is_new(&mut self, word: &[u8]) -> bool {
        if self.words.contains(word) {
            return false;
        }
        // What is forgotten and emitted again is found by the combiner.
        if self.bytes > MOST {
            self.clear();
        }
        self.bytes += word.len() + 64;
        self.words.insert(word.into())
    }

    fn clear(&mut self) {
        self.words.clear();
        self.bytes = 0;
    }
}

/// Leaves each place once. They come sorted.
#[derive(Debug)]
struct Once;

impl Combiner for Once {
    type Key = str;
    type Value = Place;

    fn combine(
        &mut self,
        _: &str,
        values: &mut Values<'_, Place>,
        out: &mut Combined<'_, Place>,
    ) -> Result<(), JobError> {
        let mut last: Option<Place> = None;
        while let Some((file, at)) = values.next() {
            if !is_same(last.as_ref(), &file, at) {
                out.emit(last.insert((file.into_owned(), at)));
            }
        }
        Ok(())
    }
}

fn is_same(last: Option<&Place>, file: &str, at: u64) -> bool {
    last.is_some_and(|last| last.1 == at && last.0 == file)
}

/// Makes a list of the places.
#[derive(Debug, Default)]
struct List(Places);

impl Reducer for List {
    type Key = str;
    type Value = Place;
    type OutKey = str;
    type OutValue = JsonText;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = Places::of(context.params.get("places"))?;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &str,
        values: &mut Values<'_, Place>,
        out: &mut Rows<'_, str, JsonText>,
    ) -> Result<(), JobError> {
        let mut list = Vec::new();
        let mut last: Option<Place> = None;
        while let Some((file, at)) = values.next() {
            if is_same(last.as_ref(), &file, at) {
                continue;
            }
            list.push(if last.is_none() { b'[' } else { b',' });
            match self.0 {
                Places::File => put_json(&mut list, &file),
                _ => put_json(&mut list, &(&file, at)),
            }
            last = Some((file.into_owned(), at));
        }
        list.push(b']');
        out.emit(key, &JsonText(list));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{always, trial};

    #[test]
    fn a_word_has_its_files_once_and_sorted() {
        let trial = trial(job())
            .input("b.txt", "one two\ntwo\nTwo three\n")
            .input("a.txt", "two\n")
            .input("\"c\".txt", "two\n");
        assert_eq!(
            always(&trial),
            [
                r#"one ["b.txt"]"#,
                r#"three ["b.txt"]"#,
                r#"two ["\"c\".txt","a.txt","b.txt"]"#,
            ]
        );
        let memory = trial.splits(3).memory(0);
        assert_eq!(memory.run().unwrap().rows.len(), 3);
    }

    #[test]
    fn places_are_offsets_of_records() {
        let trial = trial(job())
            .input("b.txt", "a b a\nb\n\na\n")
            .param("places", "offset");
        assert_eq!(
            always(&trial),
            [
                r#"a [["b.txt",0],["b.txt",9]]"#,
                r#"b [["b.txt",0],["b.txt",6]]"#
            ]
        );
    }
}
