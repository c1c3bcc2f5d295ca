//! The job `inverted-index`: lists the files that contain each word.

use std::collections::HashSet;

use mapreduce_core::{CellType, JobError, Record, Schema, Shape, Tokenizer, ValueKind};
use mapreduce_formats::tokenizer::WordTokenizer;
use mapreduce_job::{
    Combined, Combiner, Definition, Emitter, JobInfo, JobParams, Mapper, Reducer, Rows,
    TaskContext, Values, define, job_params,
};
use serde::Deserialize;

use crate::input_name::file_name;
use crate::number::put_json;
use crate::row_cells::RowCells;

const INFO: JobInfo = JobInfo::new("inverted-index", "lists the files that each word is in")
    .params(IndexParams::PARAMS)
    .example("books/ --job inverted-index --output index.ndjson");

job_params! {
    /// Parameters of the job.
    struct IndexParams {
        /// detail of a location: file, or the offset or line of the record in the file
        places: Detail = "file",
    }
}

/// Detail of the locations that are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Detail {
    #[default]
    File,
    Offset,
    Line,
}

impl Detail {
    /// Returns the name of the column with the locations.
    fn column(self) -> &'static str {
        match self {
            Self::File => "files",
            Self::Offset => "offsets",
            Self::Line => "lines",
        }
    }
}

pub(super) fn job() -> Definition {
    let job = define(INFO)
        .mapper(Index::default)
        .reducer(LocationList::default)
        .combiner(|| DistinctLocations);
    job.shape(|params, shape| {
        let detail = IndexParams::read(params)?.places;
        Ok(Shape {
            // Sorting makes equal locations adjacent.
            sort_values: true,
            value: ValueKind::Table(Schema::new([
                ("word", CellType::Text),
                (detail.column(), CellType::Json),
            ])),
            line_numbers: detail == Detail::Line,
            ..shape
        })
    })
}

/// Location of a word: a file, and the offset or line in it. The number is 0 if only files are listed.
type Location = (String, u64);

/// Maximum total size of the words in [`Seen`], in bytes. A word in it is not emitted again for its location.
const MAX_SEEN_BYTES: usize = 16 << 20;

struct Index {
    tokenizer: WordTokenizer,
    detail: Detail,
    location: Location,
    seen: Seen,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            tokenizer: WordTokenizer::new(Tokenizer::Words),
            detail: Detail::File,
            location: Location::default(),
            seen: Seen::default(),
        }
    }
}

impl Mapper for Index {
    type Key = str;
    type Value = Location;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.tokenizer = WordTokenizer::new(context.tokenizer);
        self.detail = IndexParams::read(&context.params)?.places;
        self.location.0 = file_name(context);
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, Location>,
    ) -> Result<(), JobError> {
        let at = match self.detail {
            Detail::File => 0,
            Detail::Offset => record.offset(),
            Detail::Line => record.line().unwrap_or_default(),
        };
        if at != self.location.1 {
            self.seen.clear();
        }
        self.location.1 = at;
        let Self {
            tokenizer,
            location,
            seen,
            ..
        } = self;
        tokenizer.each(*record, |word| {
            let word = word.bytes();
            if let (true, Ok(word)) = (seen.is_new(word), std::str::from_utf8(word)) {
                out.emit(word, location);
            }
        });
        Ok(())
    }
}

/// Words that have been emitted for the current location.
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
        // The combiner removes words that are emitted again after this.
        if self.bytes > MAX_SEEN_BYTES {
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

/// Removes repeated locations, which arrive sorted.
#[derive(Debug)]
struct DistinctLocations;

impl Combiner for DistinctLocations {
    type Key = str;
    type Value = Location;

    fn combine(
        &mut self,
        _: &str,
        values: &mut Values<'_, Location>,
        out: &mut Combined<'_, Location>,
    ) -> Result<(), JobError> {
        let mut last: Option<Location> = None;
        while let Some((file, at)) = values.next() {
            if !is_same(last.as_ref(), &file, at) {
                out.emit(last.insert((file.into_owned(), at)));
            }
        }
        Ok(())
    }
}

fn is_same(last: Option<&Location>, file: &str, at: u64) -> bool {
    last.is_some_and(|last| last.1 == at && last.0 == file)
}

/// Writes the locations of a word as a list.
#[derive(Debug, Default)]
struct LocationList(Detail);

impl Reducer for LocationList {
    type Key = str;
    type Value = Location;
    type OutKey = str;
    type OutValue = RowCells;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = IndexParams::read(&context.params)?.places;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &str,
        values: &mut Values<'_, Location>,
        out: &mut Rows<'_, str, RowCells>,
    ) -> Result<(), JobError> {
        let mut list = Vec::new();
        let mut last: Option<Location> = None;
        while let Some((file, at)) = values.next() {
            if is_same(last.as_ref(), &file, at) {
                continue;
            }
            list.push(if last.is_none() { b'[' } else { b',' });
            match self.0 {
                Detail::File => put_json(&mut list, &file),
                _ => put_json(&mut list, &(&file, at)),
            }
            last = Some((file.into_owned(), at));
        }
        list.push(b']');
        let mut row = RowCells::default();
        row.push(key.as_bytes());
        row.push(&list);
        out.emit(key, &row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{stable_rows, trial};

    #[test]
    fn the_files_of_a_word_are_distinct_and_sorted() {
        let trial = trial(job())
            .input("b.txt", "one two\ntwo\nTwo three\n")
            .input("a.txt", "two\n")
            .input("\"c\".txt", "two\n");
        assert_eq!(
            stable_rows(&trial),
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
    fn locations_can_be_offsets_of_records() {
        let trial = trial(job())
            .input("b.txt", "a b a\nb\n\na\n")
            .param("places", "offset");
        assert_eq!(
            stable_rows(&trial),
            [
                r#"a [["b.txt",0],["b.txt",9]]"#,
                r#"b [["b.txt",0],["b.txt",6]]"#
            ]
        );
    }
}
