//! The reducer: from the views of a visitor to sessions.

use std::borrow::Cow;

use mapreduce::{JobError, Reducer, Rows, Table, TaskContext, Values};
use serde::{Deserialize, Serialize};

use crate::visitor::Visitor;

/// Index of the output `bounces`; the main output is 0.
const BOUNCES: usize = 1;

/// Splits the views of a visitor, which arrive in the order of time.
#[derive(Debug, Default)]
pub(crate) struct SplitSessions {
    /// Longest time between two views of a session, in seconds.
    gap: u64,
}

/// One row of the result. Its fields are the columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    site: String,
    visitor: String,
    start: u64,
    seconds: u64,
    views: u64,
    first: String,
}

impl Reducer for SplitSessions {
    type Key = Visitor;
    type Value = (u64, String);
    type OutKey = str;
    type OutValue = Table<Session>;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.gap = crate::gap::gap(&context.params)?.as_secs();
        Ok(())
    }

    fn reduce(
        &mut self,
        (site, visitor): (Cow<'_, str>, Cow<'_, str>),
        views: &mut Values<'_, (u64, String)>,
        out: &mut Rows<'_, str, Table<Session>>,
    ) -> Result<(), JobError> {
        let mut open: Option<Session> = None;
        while let Some((time, page)) = views.next() {
            match &mut open {
                Some(session) if time - session.start - session.seconds <= self.gap => {
                    session.seconds = time - session.start;
                    session.views += 1;
                }
                _ => {
                    let next = Session {
                        site: site.to_string(),
                        visitor: visitor.to_string(),
                        start: time,
                        seconds: 0,
                        views: 1,
                        first: page.into_owned(),
                    };
                    close(&site, open.replace(next), out);
                }
            }
        }
        close(&site, open, out);
        Ok(())
    }
}

/// Emits a finished session, and emits it to `bounces` as well if it has a single view.
fn close(site: &str, session: Option<Session>, out: &mut Rows<'_, str, Table<Session>>) {
    if let Some(session) = session.map(Table) {
        out.emit(site, &session);
        if session.0.views == 1 {
            out.emit_to(BOUNCES, site, &session);
        }
    }
}
