//! The parameters of a streaming job.

use std::time::Duration;

use bytesize::ByteSize;
use mapreduce::job::{Columns, JobError, Param, Params};

use crate::cut::Cut;

/// What a parameter is called that sets a variable for commands: `env.NAME`.
const VARIABLE: &str = "env.";

/// What stands for no reducer, as with Hadoop.
const NO_REDUCER: &str = "NONE";

const fn param(name: &'static str, default: &'static str, help: &'static str) -> Param {
    Param {
        name,
        default: Some(default),
        help,
    }
}

/// What people may set. Beside these there is `env.NAME`.
pub(crate) const PARAMS: &[Param] = &[
    param(
        "mapper",
        "",
        "command that reads records, one a line, and writes lines `key TAB value`; without one, records are these lines",
    ),
    param(
        "reducer",
        "",
        "command that reads the lines of mappers, sorted by key, and writes lines of the result; without one, the sorted lines are the result; NONE: the mappers' lines are, in the order of the input",
    ),
    param(
        "combiner",
        "",
        "command that makes fewer lines of a mapper's sorted lines before they are handed over",
    ),
    param("separator", "\\t", "what lies between key and value"),
    param(
        "key_fields",
        "1",
        "how many fields, by the separator, a key has",
    ),
    param(
        "sort_values",
        "false",
        "whether lines of the same key come sorted; otherwise in the order of the input",
    ),
    param(
        "input",
        "lines",
        "what a record is: `lines`, whatever the file is; `columns`: those of input.column; `all` columns",
    ),
    param(
        "timeout",
        "10m",
        "a command that neither reads nor writes for so long is killed; 0: never",
    ),
    param(
        "memory",
        "",
        "address space that each process of a command may have, such as 2GiB",
    ),
    param("max_line", "64MiB", "longest line that a command may write"),
];

/// What a job is to do.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `None`: a record is its own line.
    pub(crate) mapper: Option<String>,
    pub(crate) reducer: Reducer,
    pub(crate) combiner: Option<String>,
    pub(crate) cut: Cut,
    pub(crate) sort_values: bool,
    pub(crate) columns: Columns,
    pub(crate) limits: Limits,
    /// Variables for commands: name and value.
    pub(crate) variables: Vec<(String, String)>,
}

/// What becomes of sorted lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reducer {
    /// A command reads them.
    Command(String),
    /// They are the result.
    Identity,
    /// Lines are not even sorted.
    None,
}

/// What a command may not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long it may neither read nor write.
    pub(crate) timeout: Option<Duration>,
    /// Address space of each of its processes, in bytes.
    pub(crate) memory: Option<u64>,
    /// Longest line that it may write, in bytes.
    pub(crate) line: usize,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// A parameter that there is not, or whose value cannot be; it is named.
    pub(crate) fn read(params: &Params) -> Result<Self, JobError> {
        let (variables, others): (Vec<_>, Vec<_>) = params
            .iter()
            .partition(|(name, _)| name.starts_with(VARIABLE));
        others.into_iter().collect::<Params>().check(PARAMS)?;
        let settings = Self {
            mapper: command(params, "mapper")?,
            reducer: match command(params, "reducer")? {
                None => Reducer::Identity,
                Some(command) if command == NO_REDUCER => Reducer::None,
                Some(command) => Reducer::Command(command),
            },
            combiner: command(params, "combiner")?,
            cut: cut(params)?,
            sort_values: params.value("sort_values", false)?,
            columns: columns(params)?,
            limits: Limits {
                timeout: timeout(params)?,
                memory: memory(params)?,
                line: params.value("max_line", ByteSize::mib(64))?.as_u64() as usize,
            },
            variables: variables
                .into_iter()
                .map(|(name, value)| variable(name, value))
                .collect::<Result<_, _>>()?,
        };
        if settings.combiner.is_some() && settings.reducer == Reducer::None {
            return Err(wrong("combiner", "there is none without a reducer"));
        }
        Ok(settings)
    }
}

fn wrong(name: &str, what: &str) -> JobError {
    JobError::hopeless(format!("the parameter {name}: {what}"))
}

fn command(params: &Params, name: &str) -> Result<Option<String>, JobError> {
    match params.get(name) {
        Some(command) if command.contains('\0') => Err(wrong(name, "a command has no NUL bytes")),
        Some(command) if command.trim().is_empty() => Err(wrong(name, "a command of spaces only")),
        command => Ok(command.map(|command| command.trim().to_owned())),
    }
}

fn cut(params: &Params) -> Result<Cut, JobError> {
    // A shell makes it hard to give a TAB.
    let separator = params
        .get("separator")
        .unwrap_or("\\t")
        .replace("\\t", "\t");
    if separator.contains('\n') {
        return Err(wrong("separator", "a newline ends a line, so it cannot be"));
    }
    match params.value("key_fields", 1)? {
        0 => Err(wrong("key_fields", "a key has at least 1 field")),
        fields => Ok(Cut::new(&separator, fields)),
    }
}

fn columns(params: &Params) -> Result<Columns, JobError> {
    match params.get("input").unwrap_or("lines") {
        "lines" => Ok(Columns::Line),
        "columns" => Ok(Columns::One),
        "all" => Ok(Columns::All),
        other => Err(wrong(
            "input",
            &format!("{other:?} is none of lines, columns, all"),
        )),
    }
}

fn timeout(params: &Params) -> Result<Option<Duration>, JobError> {
    if params.get("timeout") == Some("0") {
        return Ok(None);
    }
    let default = Duration::from_secs(600).into();
    let timeout: humantime::Duration = params.value("timeout", default)?;
    Ok(Some(*timeout).filter(|timeout| !timeout.is_zero()))
}

fn memory(params: &Params) -> Result<Option<u64>, JobError> {
    let memory = params.value("memory", ByteSize::b(0))?.as_u64();
    Ok(Some(memory).filter(|memory| *memory > 0))
}

fn variable(name: &str, value: &str) -> Result<(String, String), JobError> {
    let short = &name[VARIABLE.len()..];
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if short.is_empty() || short.as_bytes()[0].is_ascii_digit() || !short.bytes().all(word) {
        return Err(wrong(
            name,
            "a variable's name has letters, digits and _, and no digit first",
        ));
    }
    match value.contains('\0') {
        true => Err(wrong(name, "a variable has no NUL bytes")),
        false => Ok((short.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &[(&str, &str)]) -> Result<Settings, String> {
        let params = params.iter().copied().collect();
        Settings::read(&params).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_given_is_as_documented() {
        let settings = read(&[]).unwrap();
        assert_eq!(
            (settings.mapper, settings.reducer),
            (None, Reducer::Identity)
        );
        assert_eq!(settings.cut, Cut::new("\t", 1));
        assert_eq!(settings.columns, Columns::Line);
        let limits = Limits {
            timeout: Some(Duration::from_secs(600)),
            memory: None,
            line: 64 << 20,
        };
        assert_eq!(settings.limits, limits);
    }

    #[test]
    fn what_is_given_holds() {
        let settings = read(&[
            ("mapper", " cat "),
            ("reducer", "NONE"),
            ("separator", "\\t|"),
            ("key_fields", "2"),
            ("timeout", "1m 30s"),
            ("memory", "2GiB"),
            ("env.LANG", "C"),
        ])
        .unwrap();
        assert_eq!(settings.mapper.as_deref(), Some("cat"));
        assert_eq!(settings.reducer, Reducer::None);
        assert_eq!(settings.cut, Cut::new("\t|", 2));
        assert_eq!(settings.limits.timeout, Some(Duration::from_secs(90)));
        assert_eq!(settings.limits.memory, Some(2 << 30));
        assert_eq!(settings.variables, [("LANG".to_owned(), "C".to_owned())]);
        assert_eq!(read(&[("timeout", "0")]).unwrap().limits.timeout, None);
        assert_eq!(read(&[("timeout", "0s")]).unwrap().limits.timeout, None);
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (name, value) in [
            ("maper", "cat"),
            ("timeout", "soon"),
            ("memory", "much"),
            ("separator", "\n"),
            ("key_fields", "0"),
            ("input", "words"),
            ("env.A B", "x"),
            ("mapper", "a\0b"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
        let error = read(&[("combiner", "cat"), ("reducer", "NONE")]).unwrap_err();
        assert!(error.contains("combiner"), "{error}");
    }
}
