//! From the views of a visitor to sessions.

use std::borrow::Cow;

use mapreduce::job::{JobError, Json, Reducer, Rows, TaskContext, Values};
use serde::Serialize;

use crate::Visitor;

/// The place of the output `bounces`; the main one is 0.
const BOUNCES: usize = 1;

/// Cuts the views of a visitor, which come by time.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// The longest silence inside of a session, in seconds.
    gap: u64,
}

/// A row; its fields are those that the job's shape names, in their order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Session {
    visitor: String,
    start: u64,
    seconds: u64,
    views: u64,
    first: String,
}

impl Reducer for Cut {
    type Key = Visitor;
    type Value = (u64, String);
    type OutKey = str;
    type OutValue = Json<Session>;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.gap = crate::gap(&context.params)?.as_secs();
        Ok(())
    }

    fn reduce(
        &mut self,
        (site, visitor): (Cow<'_, str>, Cow<'_, str>),
        views: &mut Values<'_, (u64, String)>,
        out: &mut Rows<'_, str, Json<Session>>,
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

fn close(site: &str, session: Option<Session>, out: &mut Rows<'_, str, Json<Session>>) {
    if let Some(session) = session.map(Json) {
        out.emit(site, &session);
        if session.0.views == 1 {
            out.emit_to(BOUNCES, site, &session);
        }
    }
}
