//! Joins the records of two inputs.

use crate::Record;
use crate::job::{
    Columns, Datum, Definition, Emitter, JobError, JobInfo, Mapper, Param, Reducer, Rows, Shape,
    TaskContext, ValueKind, Values, define,
};

use super::number::put_json;
use super::placed::JsonText;

const INFO: JobInfo = JobInfo::new(
    "join",
    "joins the records of two inputs whose keys are equal",
)
.params(&[
    Param {
        name: "left.key",
        default: None,
        help: "the key column of the first of job.input",
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

/// The other columns of both are the value; one of the right input whose name the left one has too is called
/// `right.NAME`. Rows are by key, then in the order of the right input, then of the left one. An empty key has no
/// partner.
///
/// The records of the first input come first: the planner puts its files first, and values keep the order of the
/// input. So only the left records of one key are held in memory.
pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(Side::default).reducer(Join::default);
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

const LEFT: u8 = 0;
const RIGHT: u8 = 1;

/// Reads the records of a side.
#[derive(Debug, Default)]
struct Side {
    side: u8,
    columns: Vec<String>,
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
        self.columns = context.columns();
        let place = self.columns.iter().position(|column| column == key);
        self.key = place.ok_or_else(|| {
            JobError::hopeless(format!(
                "there is no column {key:?} ({name}); there are {}",
                self.columns.join(", ")
            ))
        })?;
        self.side = side;
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
        self.value.push(self.side);
        for (at, name) in self.columns.iter().enumerate() {
            if let (true, Some(cell)) = (at != self.key, record.field(at)) {
                name.put_part(&mut self.value);
                cell.put_part(&mut self.value);
            }
        }
        out.emit(key, &self.value);
        Ok(())
    }
}

/// Names and cells of a record.
type Cells = Vec<(String, String)>;

fn cells(mut bytes: &[u8]) -> Option<Cells> {
    let mut cells = Vec::new();
    while !bytes.is_empty() {
        let name = str::take_part(&mut bytes)?.into_owned();
        cells.push((name, str::take_part(&mut bytes)?.into_owned()));
    }
    Some(cells)
}

#[derive(Debug, Default)]
struct Join {
    is_left: bool,
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
        let mut left: Vec<Cells> = Vec::new();
        let mut has_partner = false;
        while let Some(value) = values.next() {
            let (side, bytes) = value.split_first().ok_or_else(broken)?;
            let cells = cells(bytes).ok_or_else(broken)?;
            match *side {
                LEFT if has_partner => return Err(broken()),
                LEFT => left.push(cells),
                _ if left.is_empty() => return Ok(()),
                _ => {
                    has_partner = true;
                    for left in &left {
                        out.emit(key, &together(left, &cells));
                    }
                }
            }
        }
        if self.is_left && !has_partner {
            for left in &left {
                out.emit(key, &together(left, &[]));
            }
        }
        Ok(())
    }
}

/// The cells of both as an object.
fn together(left: &[(String, String)], right: &[(String, String)]) -> JsonText {
    let mut text = vec![b'{'];
    let mut put = |prefix: &str, name: &str, cell: &str| {
        if text.len() > 1 {
            text.push(b',');
        }
        put_json(&mut text, &format_args!("{prefix}{name}"));
        text.push(b':');
        put_json(&mut text, cell);
    };
    for (name, cell) in left {
        put("", name, cell);
    }
    for (name, cell) in right {
        let clashes = left.iter().any(|(other, _)| other == name);
        put(if clashes { "right." } else { "" }, name, cell);
    }
    text.push(b'}');
    JsonText(text)
}

#[cold]
fn broken() -> JobError {
    JobError::hopeless(
        "records to be joined do not come as this version gives them; run master and workers of the same version",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::testing::Trial;
    use crate::jobs::tests::{always, trial};

    fn tables(left: &str, right: &str) -> Trial {
        trial(job())
            .input_of(0, "left.csv", left)
            .input_of(1, "right.csv", right)
            .param("left.key", "id")
            .param("right.key", "of")
    }

    const LEFT: &str = "id,name\n2,b\n1,a\n,none\n2,\"b \"\"2\"\"\"\n3,c\n";
    const RIGHT: &str = "name,of,n\nx,2,10\ny,1,20\nz,2,30\nv,,40\nw,4,50\n";

    #[test]
    fn equal_keys_meet_and_names_that_clash_are_told_apart() {
        assert_eq!(
            always(&tables(LEFT, RIGHT)),
            [
                r#"1 {"name":"a","right.name":"y","n":"20"}"#,
                r#"2 {"name":"b","right.name":"x","n":"10"}"#,
                r#"2 {"name":"b \"2\"","right.name":"x","n":"10"}"#,
                r#"2 {"name":"b","right.name":"z","n":"30"}"#,
                r#"2 {"name":"b \"2\"","right.name":"z","n":"30"}"#,
            ]
        );
    }

    #[test]
    fn a_left_join_keeps_what_has_no_partner() {
        let rows = always(&tables(LEFT, RIGHT).param("kind", "left"));
        assert_eq!(rows.len(), 7);
        assert_eq!(rows[0], r#" {"name":"none"}"#);
        assert_eq!(rows[6], r#"3 {"name":"c"}"#);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (trial, part) in [
            (
                tables("a,b\n1,2\n", RIGHT),
                "no column \"id\" (left.key); there are a, b",
            ),
            (tables(LEFT, RIGHT).param("kind", "outer"), "kind=outer"),
            (
                tables(LEFT, RIGHT).input_of(2, "x.csv", RIGHT),
                "two inputs",
            ),
        ] {
            let error = trial.run().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn every_pair_with_one_key_is_there(
            left in prop::collection::vec(0u8..6, 0..30), right in prop::collection::vec(0u8..6, 0..30),
        ) {
            let rows = |keys: &[u8]| -> String {
                keys.iter().enumerate().map(|(at, key)| format!("{key},{at}\n")).collect()
            };
            let mut expected = Vec::new();
            for (r, of) in right.iter().enumerate() {
                for (l, id) in left.iter().enumerate().filter(|(_, id)| *id == of) {
                    expected.push((*id, r, l, format!(r#"{id} {{"l":"{l}","r":"{r}"}}"#)));
                }
            }
            expected.sort();
            let expected: Vec<_> = expected.into_iter().map(|(.., row)| row).collect();
            let trial = tables(
                &format!("id,l\n{}", rows(&left)), &format!("of,r\n{}", rows(&right)),
            );
            prop_assert_eq!(always(&trial), expected);
        }
    }
}
