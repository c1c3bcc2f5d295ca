//! The bound parameters of a join, as its mapper and its reducer use them.

use std::ops::Range;

use mapreduce_core::{JobError, Params};
use mapreduce_job::JobParams;

use super::columns::Source;
use super::params::{Comparison, JoinKind, JoinParams};

/// Bound parameters of a join.
#[derive(Debug, Clone)]
pub(super) struct JoinPlan {
    pub(super) kind: JoinKind,
    pub(super) comparison: Comparison,
    pub(super) left_keys: Vec<String>,
    pub(super) right_keys: Vec<String>,
    /// Columns that each value of the left side contains, in order.
    pub(super) left_columns: Vec<String>,
    /// Columns that each value of the right side contains, in order.
    pub(super) right_columns: Vec<String>,
    /// Sources of the cells of a row, in order.
    pub(super) segments: Vec<Segment>,
}

/// Cells of a row that come from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// These cells of the left value.
    Left(Range<usize>),
    /// These cells of the right value.
    Right(Range<usize>),
    /// A part of the key.
    Key(usize),
    /// A cell of the left value, or of the right one if the row has no left value.
    Either { left: usize, right: usize },
}

impl JoinPlan {
    /// Reads the bound parameters.
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let params = JoinParams::read(params)?;
        let mut plan = Self {
            kind: params.kind,
            comparison: params.compare,
            left_keys: params.left_key,
            right_keys: params.right_key,
            left_columns: Vec::new(),
            right_columns: Vec::new(),
            segments: Vec::new(),
        };
        for item in &params.select {
            let source = Source::of_bound(item).ok_or_else(|| {
                JobError::permanent(
                    "another version planned this join; run master and workers of the same version",
                )
            })?;
            plan.push(source);
        }
        Ok(plan)
    }

    fn push(&mut self, source: Source) {
        match source {
            Source::Left(name) => {
                let cell = position(&mut self.left_columns, name);
                match self.segments.last_mut() {
                    Some(Segment::Left(cells)) if cells.end == cell => cells.end += 1,
                    _ => self.segments.push(Segment::Left(cell..cell + 1)),
                }
            }
            Source::Right(name) => {
                let cell = position(&mut self.right_columns, name);
                match self.segments.last_mut() {
                    Some(Segment::Right(cells)) if cells.end == cell => cells.end += 1,
                    _ => self.segments.push(Segment::Right(cell..cell + 1)),
                }
            }
            Source::Key(name) => {
                let key = self.left_keys.iter().position(|key| *key == name);
                let key = key.unwrap_or_default();
                self.segments.push(match self.comparison {
                    Comparison::Text => Segment::Key(key),
                    // Equal numbers may have different texts, so the key has none.
                    Comparison::Number => Segment::Either {
                        left: position(&mut self.left_columns, name),
                        right: position(&mut self.right_columns, self.right_keys[key].clone()),
                    },
                });
            }
        }
    }
}

/// Returns the position of a name in a list, which gets the name if it lacks it.
fn position(list: &mut Vec<String>, name: String) -> usize {
    let known = list.iter().position(|other| *other == name);
    known.unwrap_or_else(|| {
        list.push(name);
        list.len() - 1
    })
}
