//! Word count as a user writes it, to measure its cost over the built-in job.
//!
//! The program is `mapreduce` with two more jobs. Both emit keys and values like any mapper and do not use
//! `Emitter::count`, which is reserved for words of our own tokenizers. `generic-word-count` splits by the tokenizer of
//! the settings, `split-word-count` by the standard library at single spaces. Their results equal those of
//! `word-count --tokenizer spaces` byte for byte.

use std::process::ExitCode;

use mapreduce_core::JobError;
use mapreduce_core::Record;
use mapreduce_core::Tokenizer;
use mapreduce_formats::tokenizer::WordTokenizer;
use mapreduce_job::{Emitter, JobInfo, Mapper, TaskContext, define};

/// The job that splits by the tokenizer.
const GENERIC: JobInfo = JobInfo::new("generic-word-count", "counts words, by emitting each");
/// The job that splits by the standard library.
const SPLIT: JobInfo = JobInfo::new("split-word-count", "counts words, cut by str::split");

fn main() -> ExitCode {
    let mut registry = mapreduce_jobs::registry();
    registry.add(define(GENERIC).mapper(GenericWordCount::default).sum());
    registry.add(define(SPLIT).mapper(|| SplitWordCount).sum());
    cli::main(registry)
}

struct GenericWordCount(WordTokenizer);

impl Default for GenericWordCount {
    fn default() -> Self {
        Self(WordTokenizer::new(Tokenizer::default()))
    }
}

impl Mapper for GenericWordCount {
    // A tokenizer returns bytes. Converting them to `str` would scan every word once more.
    type Key = [u8];
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = WordTokenizer::new(context.tokenizer);
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], u64>,
    ) -> Result<(), JobError> {
        self.0.each(*record, |word| out.emit(word.bytes(), &1));
        Ok(())
    }
}

struct SplitWordCount;

impl Mapper for SplitWordCount {
    type Key = str;
    type Value = u64;

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, u64>,
    ) -> Result<(), JobError> {
        // A record that is only a newline has no words; see `mapreduce_formats::tokenizer::each_between_spaces`.
        if record.bytes() != b"\n" {
            for word in record.text().split(' ') {
                out.emit(word, &1);
            }
        }
        Ok(())
    }
}
