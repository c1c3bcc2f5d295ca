//! What is asked for.

use crate::key::names;
use crate::number::put_json;
use mapreduce_core::{JobError, Params};

use super::partial::{Partial, Summary};

/// What is asked for, and where it is in a record.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    columns: Vec<String>,
    keys: usize,
    /// Places in `columns` of those with numbers, and of those whose different cells are counted.
    numbers: Vec<usize>,
    distinct: Vec<usize>,
    fields: Vec<Field>,
}

/// A field of the result.
#[derive(Debug)]
struct Field {
    name: String,
    what: What,
    /// Place in [`Wanted::numbers`] or [`Wanted::distinct`].
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Distinct,
}

/// In the order of the result's fields.
const OF_NUMBERS: [(&str, What); 4] = [
    ("sum", What::Sum),
    ("min", What::Min),
    ("max", What::Max),
    ("mean", What::Mean),
];

impl Wanted {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let keys = names([&params.list("key")]);
        if keys.is_empty() {
            return Err(JobError::hopeless(
                "the parameter key names no column: --param key=COLUMN",
            ));
        }
        let numbers = OF_NUMBERS.map(|(name, _)| params.list(name));
        let distinct = names([&params.list("distinct")]);
        let columns = names([&keys].into_iter().chain(&numbers).chain([&distinct]));
        let place = |name: &String| columns.iter().position(|other| other == name);
        let with_numbers = names(&numbers);
        let mut fields = Vec::new();
        let nothing_else = with_numbers.is_empty() && distinct.is_empty();
        if params.value("count", nothing_else)? {
            fields.push(Field {
                name: "count".to_owned(),
                what: What::Count,
                at: 0,
            });
        }
        let listed = numbers.iter().zip(OF_NUMBERS);
        let listed = listed.map(|(list, (name, what))| (names([list]), &with_numbers, name, what));
        let different = (distinct.clone(), &distinct, "distinct", What::Distinct);
        for (list, among, name, what) in listed.chain([different]) {
            for column in &list {
                fields.push(Field {
                    name: format!("{name}_{column}"),
                    what,
                    at: among.iter().position(|other| other == column).unwrap_or(0),
                });
            }
        }
        Ok(Self {
            keys: keys.len(),
            numbers: with_numbers.iter().filter_map(place).collect(),
            distinct: distinct.iter().filter_map(place).collect(),
            columns,
            fields,
        })
    }

    /// The columns that a record is to have: the keys first.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of columns that make the key.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// Places in a record of the columns with numbers.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Places in a record of the columns whose different cells are counted.
    pub(super) fn distinct(&self) -> &[usize] {
        &self.distinct
    }

    /// Names of the result's fields.
    pub(super) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.clone()).collect()
    }

    /// Writes a group's row as JSON.
    pub(super) fn write(
        &self,
        whole: &Partial,
        different: &[u64],
        into: &mut Vec<u8>,
    ) -> Result<(), JobError> {
        for (nth, field) in self.fields.iter().enumerate() {
            into.push(if nth == 0 { b'{' } else { b',' });
            put_json(into, &field.name);
            into.push(b':');
            match field.what {
                What::Count => put_json(into, &whole.records),
                What::Distinct => put_json(into, &different[field.at]),
                what => {
                    let summary = whole.numbers.get(field.at);
                    what.write(summary.ok_or_else(super::partial::broken)?, into);
                }
            }
        }
        into.push(b'}');
        Ok(())
    }
}

impl What {
    fn write(self, of: &Summary, into: &mut Vec<u8>) {
        match (self, of.ends) {
            (Self::Sum, _) => of.sum.write(into),
            (_, None) => into.extend_from_slice(b"null"),
            (Self::Min, Some((least, _))) => put_json(into, &least),
            (Self::Max, Some((_, greatest))) => put_json(into, &greatest),
            _ => put_json(into, &(of.sum.to_f64() / of.count as f64)),
        }
    }
}
