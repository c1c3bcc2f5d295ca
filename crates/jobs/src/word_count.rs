//! The job `word-count`: counts words.

use mapreduce_core::{JobError, Record, Shape, Tokenizer};
use mapreduce_formats::tokenizer::WordTokenizer;
use mapreduce_job::{Definition, Emitter, JobInfo, Mapper, TaskContext, define};

const INFO: JobInfo = JobInfo::new("word-count", "counts the occurrences of each word")
    .example("input/ --tokenizer words --output counts.json");

pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(WordCount::default).sum();
    job.shape(|_, shape| {
        Ok(Shape {
            key_name: "word".to_owned(),
            ..shape
        })
    })
}

struct WordCount(WordTokenizer);

impl Default for WordCount {
    fn default() -> Self {
        Self(WordTokenizer::new(Tokenizer::Words))
    }
}

impl Mapper for WordCount {
    type Key = str;
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = WordTokenizer::new(context.tokenizer);
        Ok(())
    }

    #[inline]
    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, u64>,
    ) -> Result<(), JobError> {
        self.0.each(*record, |word| out.count(word));
        Ok(())
    }
}
