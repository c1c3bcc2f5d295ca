//! Sorts lines.
//!
//! Keys are bytes that sort as asked, and a key goes to the partition of its range: the parts, one behind the other,
//! are sorted. Where the key tells the line, no line goes with it.

use mapreduce_core::{Columns, Order, Param, Partitioning, Shape, ValueKind};
use mapreduce_job::JobInfo;

use super::key::Sorting;
use super::task::{Gather, Write};
use crate::raw::Raw;

const INFO: JobInfo = JobInfo::new("sort", "sorts lines, by their bytes or by a field")
    .params(&[
        Param {
            name: "key",
            default: Some(""),
            help: "the number of the field to sort by, from 1; without one, the line",
        },
        Param {
            name: "delimiter",
            default: Some("tab"),
            help: "what is between fields: one byte, or the word tab",
        },
        Param {
            name: "numeric",
            default: Some("false"),
            help: "true: by numbers; what is none comes before all numbers",
        },
        Param {
            name: "reverse",
            default: Some("false"),
            help: "true: the greatest first",
        },
        Param {
            name: "unique",
            default: Some("false"),
            help: "true: of lines with equal keys, the first alone",
        },
    ])
    .example("scores.tsv --job sort --param key=2 --param numeric=true --param reverse=true");

/// Lines with equal keys stay in the order of the input.
pub(crate) fn job() -> Raw {
    Raw {
        info: INFO,
        shape: |params| {
            Sorting::of(params)?;
            Ok(Shape {
                partitioning: Partitioning::Range,
                order: Order::Emitted,
                columns: Columns::Line,
                ..Shape::groups(ValueKind::Nothing)
            })
        },
        mapper: |context| Ok(Box::new(Gather::new(Sorting::of(&context.params)?))),
        reducer: |context| {
            let unique = context.params.value("unique", false)?;
            Ok(Box::new(Write::new(Sorting::of(&context.params)?, unique)))
        },
    }
}
