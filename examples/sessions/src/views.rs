//! The mapper: from records to views by visitor.

use std::borrow::Cow;

use mapreduce::{Counter, Emitter, JobError, Mapper, Record, TaskContext};

use crate::visitor::Visitor;

/// Reads views. The key and the value are reused, so that no record allocates memory.
#[derive(Debug, Default)]
pub(crate) struct Views {
    visitor: Visitor,
    /// Time and page of a view.
    view: (u64, String),
    without_time: Counter,
}

impl Mapper for Views {
    type Key = Visitor;
    type Value = (u64, String);

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.without_time = context.counter("sessions", "views_without_time");
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, Visitor, (u64, String)>,
    ) -> Result<(), JobError> {
        let Ok(time) = text(record, 2).trim().parse() else {
            self.without_time.add(1);
            return Ok(());
        };
        self.view.0 = time;
        for (into, column) in [
            (&mut self.visitor.0, 0),
            (&mut self.visitor.1, 1),
            (&mut self.view.1, 3),
        ] {
            into.clear();
            into.push_str(&text(record, column));
        }
        out.emit(&self.visitor, &self.view);
        Ok(())
    }
}

/// Returns a cell, which is empty if the record has too few cells.
fn text<'a>(record: &Record<'a>, column: usize) -> Cow<'a, str> {
    String::from_utf8_lossy(record.field(column).unwrap_or_default())
}
