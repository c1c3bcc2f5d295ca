//! Joins the records of two inputs.

use std::collections::HashSet;

use mapreduce_core::Record;
use mapreduce_core::{Columns, JobError, Param, Shape, ValueKind};
use mapreduce_job::{
    Definition, Emitter, JobInfo, Mapper, Reducer, Rows, TaskContext, Values, define,
};

use super::record::{LEFT, RIGHT, Value, broken};
use crate::placed::JsonText;

const INFO: JobInfo = JobInfo::new(
    "join",
    "joins the records of two inputs whose keys are equal",
)
.params(&[
    Param {
        name: "left.key",
        default: None,
        help: "the key column of the first of job.input; of one key, its records may take 256 MiB",
    },
    Param {
        name: "right.key",
        default: None,
        help: "the key column of the second",
    },
    Param {
        name: "kind",
        default: Some("inner"),
        help: "inner: pairs of records; left: also records of the first input that have no partner",
    },
])
.example("orders.csv customers.csv --job join --param left.key=customer --param right.key=id");

/// The other columns of both are the value, cells that a record lacks as null. Names that repeat are told apart
/// ([`names`]), by the headers alone. Rows are by key, then in the order of the right input, then of the left one; those
/// of left records without a partner have the left columns only. An empty key has no partner.
///
/// The records of the first input come first: the planner puts its files first, and values keep the order of the
/// input. So only the left records of one key are held in memory, and those of most keys are few.
pub(crate) fn job() -> Definition {
    limited(MOST)
}

/// Most bytes of the left records of one key, as they are told: a worker's slots may all meet such a key at once.
const MOST: usize = 256 << 20;

/// The job with `most` in place of [`MOST`].
pub(super) fn limited(most: usize) -> Definition {
    let job = define(INFO).mapper(Side::default);
    let job = job.reducer(move || Join::new(most));
    job.shape(|params, shape| {
        is_left(params.get("kind"))?;
        Ok(Shape {
            columns: Columns::All,
            inputs: Some(2),
            value: ValueKind::Json,
            ..shape
        })
    })
}

/// Whether left records without a partner are wanted.
fn is_left(kind: Option<&str>) -> Result<bool, JobError> {
    match kind {
        None | Some("inner") => Ok(false),
        Some("left") => Ok(true),
        Some(other) => Err(JobError::hopeless(format!(
            "the parameter kind={other} must be inner or left"
        ))),
    }
}

/// Reads the records of a side.
#[derive(Debug, Default)]
struct Side {
    /// What all values start with: the side, and the names of the columns but the key.
    start: Vec<u8>,
    /// Number of columns.
    columns: usize,
    /// Place of the key column.
    key: usize,
    /// Whether a record with an empty key is wanted.
    keeps_lonely: bool,
    value: Vec<u8>,
}

impl Mapper for Side {
    type Key = [u8];
    type Value = [u8];

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let (side, name) = match context.input() {
            0 => (LEFT, "left.key"),
            1 => (RIGHT, "right.key"),
            _ => {
                return Err(JobError::hopeless(
                    "join takes two inputs: the left one and the right one (job.input)",
                ));
            }
        };
        let key = context.params.need(name)?;
        let mut columns = context.columns();
        let place = columns.iter().position(|column| column == key);
        self.key = place.ok_or_else(|| {
            JobError::hopeless(format!(
                "there is no column {key:?} ({name}); there are {}",
                columns.join(", ")
            ))
        })?;
        self.columns = columns.len();
        columns.remove(self.key);
        self.start = super::record::start(side, &columns);
        self.keeps_lonely = side == LEFT && is_left(context.params.get("kind"))?;
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], [u8]>,
    ) -> Result<(), JobError> {
        let key = record.field(self.key).unwrap_or_default();
        if key.is_empty() && !self.keeps_lonely {
            return Ok(());
        }
        self.value.clear();
        self.value.extend_from_slice(&self.start);
        for at in (0..self.columns).filter(|at| *at != self.key) {
            super::record::put_cell(record.field(at), &mut self.value);
        }
        out.emit(key, &self.value);
        Ok(())
    }
}

/// Holds the left records of a key, and puts each right one beside them.
#[derive(Debug)]
struct Join {
    is_left: bool,
    most: usize,
    /// Each header of the left input that was met: its files may have different ones.
    headers: Vec<Header>,
    /// The left records of the key at hand.
    left: Vec<Told>,
}

/// A header of the left input.
#[derive(Debug)]
struct Header {
    /// As values have it.
    bytes: Vec<u8>,
    names: Vec<String>,
    /// The header of the last right record that was put beside records with this one, and its names.
    right: Option<(Vec<u8>, Vec<String>)>,
}

/// A left record.
#[derive(Debug)]
struct Told {
    /// Place of its header.
    header: usize,
    /// The inside of a JSON object.
    text: Box<[u8]>,
}

impl Join {
    fn new(most: usize) -> Self {
        Self {
            is_left: false,
            most,
            headers: Vec::new(),
            left: Vec::new(),
        }
    }

    /// The left record as it is to be held.
    fn hold(&mut self, value: &Value<'_>) -> Result<Told, JobError> {
        let known = self.headers.iter().position(|h| h.bytes == value.header);
        let header = match known {
            Some(header) => header,
            None => {
                self.headers.push(Header {
                    bytes: value.header.to_vec(),
                    names: names(value.columns()?, &[], "left."),
                    right: None,
                });
                self.headers.len() - 1
            }
        };
        let mut text = Vec::new();
        value.write(&self.headers[header].names, &mut text)?;
        let text = text.into_boxed_slice();
        Ok(Told { header, text })
    }

    /// Puts a right record beside all left ones.
    fn meet(
        &mut self,
        key: &[u8],
        value: &Value<'_>,
        out: &mut Rows<'_, [u8], JsonText>,
    ) -> Result<(), JobError> {
        let mut right = Vec::new();
        let mut told_for = None;
        for left in &self.left {
            if told_for != Some(left.header) {
                right.clear();
                value.write(self.headers[left.header].beside(value)?, &mut right)?;
                told_for = Some(left.header);
            }
            out.emit(key, &object(&left.text, &right));
        }
        Ok(())
    }
}

impl Header {
    /// The names of the columns of a right record.
    fn beside(&mut self, value: &Value<'_>) -> Result<&[String], JobError> {
        let known = self.right.take();
        let right = match known.filter(|(header, _)| header == value.header) {
            Some(known) => known,
            None => {
                let names = names(value.columns()?, &self.names, "right.");
                (value.header.to_vec(), names)
            }
        };
        Ok(&self.right.insert(right).1)
    }
}

/// The `columns` of a side by names that differ from each other and from those `taken`: one that does not is told with
/// `prefix` before it, as often as it takes.
fn names(columns: Vec<String>, taken: &[String], prefix: &str) -> Vec<String> {
    let mut taken: HashSet<String> = taken.iter().cloned().collect();
    let mut told = Vec::new();
    for mut name in columns {
        while !taken.insert(name.clone()) {
            name.insert_str(0, prefix);
        }
        told.push(name);
    }
    told
}

impl Reducer for Join {
    type Key = [u8];
    type Value = [u8];
    type OutKey = [u8];
    type OutValue = JsonText;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.is_left = is_left(context.params.get("kind"))?;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Rows<'_, [u8], JsonText>,
    ) -> Result<(), JobError> {
        self.left.clear();
        let mut held = 0;
        let mut has_partner = false;
        while let Some(value) = values.next() {
            let value = Value::of(value)?;
            match value.side {
                LEFT if has_partner => return Err(broken()),
                // Nothing to wait for: it has no partner, and there may be very many.
                LEFT if key.is_empty() => {
                    let told = self.hold(&value)?;
                    out.emit(key, &object(&told.text, b""));
                }
                LEFT => {
                    let told = self.hold(&value)?;
                    held += told.text.len() + size_of::<Told>();
                    self.left.push(told);
                    if held > self.most {
                        return Err(too_many(key, self.most));
                    }
                }
                _ if self.left.is_empty() => return Ok(()),
                _ => {
                    has_partner = true;
                    self.meet(key, &value, out)?;
                }
            }
        }
        if self.is_left && !has_partner {
            for left in &self.left {
                out.emit(key, &object(&left.text, b""));
            }
        }
        Ok(())
    }
}

/// What is inside of two objects in one.
fn object(left: &[u8], right: &[u8]) -> JsonText {
    let mut text = vec![b'{'];
    text.extend_from_slice(left);
    if !left.is_empty() && !right.is_empty() {
        text.push(b',');
    }
    text.extend_from_slice(right);
    text.push(b'}');
    JsonText(text)
}

#[cold]
fn too_many(key: &[u8], most: usize) -> JobError {
    let key = String::from_utf8_lossy(&key[..key.len().min(60)]);
    JobError::hopeless(format!(
        "the records of the first input with the key {key:?} take more than {} MiB, and are held in memory; \
         let the input with fewer records of a key be the first (job.input), or leave that key out",
        most >> 20
    ))
}
