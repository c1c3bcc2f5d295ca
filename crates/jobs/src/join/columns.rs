//! Columns of the result of a join.

use mapreduce_core::column_names::{find_column, join_list, listed};
use mapreduce_core::{JobError, Params, Schema};
use mapreduce_job::{Binding, JobParams};

use super::params::JoinParams;
use crate::bound_columns::required_column;

/// Column of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A key column, by the name of the left column.
    Key(String),
    Left(String),
    Right(String),
}

impl Source {
    /// Returns the name of the column in its input.
    fn name(&self) -> &str {
        match self {
            Self::Key(name) | Self::Left(name) | Self::Right(name) => name,
        }
    }

    /// Returns the text of a source in the bound parameter `select`.
    fn bound(&self) -> String {
        match self {
            Self::Key(name) => format!("key.{name}"),
            Self::Left(name) => format!("left.{name}"),
            Self::Right(name) => format!("right.{name}"),
        }
    }

    /// Parses the text of a source in the bound parameter `select`.
    pub(super) fn of_bound(text: &str) -> Option<Self> {
        let (side, name) = text.split_once('.')?;
        let name = name.to_owned();
        match side {
            "key" => Some(Self::Key(name)),
            "left" => Some(Self::Left(name)),
            "right" => Some(Self::Right(name)),
            _ => None,
        }
    }
}

/// Binds the parameters to the columns of the two inputs.
pub(super) fn bind(params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
    let given = JoinParams::read(params)?;
    let [left, right] = columns else {
        return Err(JobError::permanent(
            "join needs exactly two inputs; set job.input to the left and the right one",
        ));
    };
    if given.left_key.len() != given.right_key.len() {
        return Err(JobError::permanent(format!(
            "left.key names {} columns, but right.key names {}; name as many columns in both",
            given.left_key.len(),
            given.right_key.len()
        )));
    }
    // An input of empty files has no header, and no records either.
    let left = if left.is_empty() {
        &given.left_key
    } else {
        left
    };
    let right = if right.is_empty() {
        &given.right_key
    } else {
        right
    };
    let left_keys = found(left, &given.left_key, "left.key", "first input")?;
    let right_keys = found(right, &given.right_key, "right.key", "second input")?;
    let inputs = Inputs {
        left,
        right,
        left_keys: &left_keys,
        right_keys: &right_keys,
        with_right: given.kind.has_right_columns(),
    };
    let sources = match &given.select[..] {
        [] => inputs.all(),
        select => select
            .iter()
            .map(|item| inputs.selected(item))
            .collect::<Result<_, _>>()?,
    };
    let names = result_names(&sources);
    let mut needed = [left_keys.clone(), right_keys.clone()];
    for source in &sources {
        match source {
            Source::Key(_) => {}
            Source::Left(name) => needed[0].push(name.clone()),
            Source::Right(name) => needed[1].push(name.clone()),
        }
    }
    let mut params = params.clone();
    params.set("left.key", join_list(&left_keys));
    params.set("right.key", join_list(&right_keys));
    let select: Vec<_> = sources.iter().map(Source::bound).collect();
    params.set("select", join_list(&select));
    Ok(Some(Binding {
        params,
        schema: Some(Schema::of_text(names)),
        columns: needed.to_vec(),
    }))
}

/// Returns the names of the columns of an input that `wanted` names.
fn found(
    columns: &[String],
    wanted: &[String],
    parameter: &str,
    input: &str,
) -> Result<Vec<String>, JobError> {
    let name = |wanted: &String| {
        let position = required_column(columns, wanted, input, parameter)?;
        Ok(columns[position].clone())
    };
    wanted.iter().map(name).collect()
}

/// Columns of the two inputs.
struct Inputs<'a> {
    left: &'a [String],
    right: &'a [String],
    left_keys: &'a [String],
    right_keys: &'a [String],
    /// True if the result may have columns of the right input.
    with_right: bool,
}

impl Inputs<'_> {
    /// Returns all columns: the keys, then the other columns of the left and the right input.
    fn all(&self) -> Vec<Source> {
        let keys = self.left_keys.iter().cloned().map(Source::Key);
        let left = self
            .left
            .iter()
            .filter(|name| !self.left_keys.contains(name));
        let left = left.cloned().map(Source::Left);
        let right = self
            .right
            .iter()
            .filter(|name| self.with_right && !self.right_keys.contains(name));
        keys.chain(left)
            .chain(right.cloned().map(Source::Right))
            .collect()
    }

    /// Returns the column that an item of the parameter `select` names.
    fn selected(&self, item: &str) -> Result<Source, JobError> {
        let left = |name: &str| {
            let name = self.left[find_column(self.left, name)?].clone();
            Some(match self.left_keys.contains(&name) {
                true => Source::Key(name),
                false => Source::Left(name),
            })
        };
        let right = |name: &str| {
            let name = self.right[find_column(self.right, name)?].clone();
            let key = self.right_keys.iter().position(|key| *key == name);
            Some(match key {
                Some(key) => Source::Key(self.left_keys[key].clone()),
                None => Source::Right(name),
            })
        };
        let bare = match (left(item), right(item)) {
            (Some(left), Some(right)) if left == right => Some(left),
            (Some(_), Some(_)) => {
                return Err(JobError::permanent(format!(
                    "the parameter select names {item:?}, which both inputs have; write left.{item} or right.{item}"
                )));
            }
            (left, right) => left.or(right),
        };
        let qualified = || match item.split_once('.')? {
            ("left", name) => left(name),
            ("right", name) => right(name),
            _ => None,
        };
        let source = bare.or_else(qualified).ok_or_else(|| {
            JobError::permanent(format!(
                "no input has the column {item:?} (parameter select); left: {}; right: {}",
                listed(self.left),
                listed(self.right)
            ))
        })?;
        match source {
            Source::Right(_) if !self.with_right => Err(JobError::permanent(format!(
                "the parameter select names {item:?} of the second input, but the result of kind=semi and kind=anti has \
                 only columns of the first one; remove it"
            ))),
            source => Ok(source),
        }
    }
}

/// Returns the names of the columns in the result. A right column whose name is taken gets the prefix `right.`, several
/// times if necessary. A column that is selected twice gets a number.
fn result_names(sources: &[Source]) -> Vec<String> {
    let is_right = |source: &&Source| matches!(source, Source::Right(_));
    let left = sources.iter().filter(|source| !is_right(source));
    let mut taken: Vec<String> = left.map(|source| source.name().to_owned()).collect();
    let mut names = Vec::new();
    for source in sources {
        let mut name = source.name().to_owned();
        if is_right(&source) {
            while taken.contains(&name) {
                name.insert_str(0, "right.");
            }
            taken.push(name.clone());
        }
        names.push(name);
    }
    mapreduce_core::distinct_names(&names)
}
