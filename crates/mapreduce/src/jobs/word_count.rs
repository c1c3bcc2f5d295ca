//! Counts words.

use crate::Record;
use crate::job::{Definition, Emitter, JobError, JobInfo, Mapper, TaskContext, define};
use crate::tokenizer::{Cutter, Tokenizer};

const INFO: JobInfo = JobInfo::new("word-count", "counts how often each word comes")
    .example("input/ --tokenizer words --output counts.json");

pub(super) fn job() -> Definition {
    define(INFO).mapper(WordCount::default).sum()
}

struct WordCount(Cutter);

impl Default for WordCount {
    fn default() -> Self {
        Self(Tokenizer::Words.cutter())
    }
}

impl Mapper for WordCount {
    type Key = str;
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = context.tokenizer.cutter();
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
