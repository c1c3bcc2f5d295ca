//! Parameters of the job `streaming`.

use std::time::Duration;

use bytesize::ByteSize;
use mapreduce_core::{Columns, JobError, Param, Params};

use crate::separator::Separator;

/// Prefix of parameters that set an environment variable: `env.NAME`.
const VARIABLE_PREFIX: &str = "env.";

/// Value of `reducer` for a job without reduce phase, as in Hadoop.
const NO_REDUCER: &str = "NONE";

const fn param(name: &'static str, default: &'static str, help: &'static str) -> Param {
    Param {
        name,
        default: Some(default),
        help,
    }
}

/// All parameters except `env.NAME`.
pub(crate) const PARAMS: &[Param] = &[
    param(
        "mapper",
        "",
        "command that reads one record per line and writes lines `key TAB value`; if not set, the records are these lines",
    ),
    param(
        "reducer",
        "",
        "command that reads the mapper's lines, sorted by key, and writes the result; not set = the sorted lines; NONE = no reduce phase, lines in input order",
    ),
    param(
        "combiner",
        "",
        "command that reads the sorted lines of each map task and writes fewer lines before the shuffle",
    ),
    param("separator", "\\t", "text between key and value"),
    param(
        "key_fields",
        "1",
        "number of fields that form the key, divided by the separator",
    ),
    param(
        "sort_values",
        "false",
        "sort the lines of the same key; otherwise they keep the order of the input",
    ),
    param(
        "input",
        "lines",
        "content of a record: lines (whole lines), columns (those in input.column) or all (all columns)",
    ),
    param(
        "timeout",
        "10m",
        "idle time after which a command that neither reads nor writes is killed; 0 = unlimited",
    ),
    param(
        "memory",
        "",
        "maximum address space of each process of a command, such as 2GiB",
    ),
    param(
        "max_line",
        "64MiB",
        "maximum length of a line that a command writes",
    ),
];

/// Parsed parameters of a job.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Command of the mapper. `None` emits the records unchanged.
    pub(crate) mapper: Option<String>,
    pub(crate) reducer: ReducerChoice,
    pub(crate) combiner: Option<String>,
    pub(crate) separator: Separator,
    pub(crate) sort_values: bool,
    pub(crate) columns: Columns,
    pub(crate) limits: Limits,
    /// Names and values of environment variables.
    pub(crate) variables: Vec<(String, String)>,
}

/// Reduce phase of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReducerChoice {
    /// A command.
    Command(String),
    /// The sorted lines are the result.
    Identity,
    /// No reduce phase: the mappers' lines are the result.
    None,
}

/// Limits of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Idle time after which a command is killed.
    pub(crate) timeout: Option<Duration>,
    /// Address space of each of its processes, in bytes.
    pub(crate) memory: Option<u64>,
    /// Maximum length of a line of its output, in bytes.
    pub(crate) line: usize,
}

impl Settings {
    /// Parses the parameters.
    ///
    /// # Errors
    /// Fails with the name of the first unknown or invalid parameter.
    pub(crate) fn read(params: &Params) -> Result<Self, JobError> {
        let (variables, others): (Vec<_>, Vec<_>) = params
            .iter()
            .partition(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        others.into_iter().collect::<Params>().check(PARAMS)?;
        let settings = Self {
            mapper: command(params, "mapper")?,
            reducer: match command(params, "reducer")? {
                None => ReducerChoice::Identity,
                Some(command) if command == NO_REDUCER => ReducerChoice::None,
                Some(command) => ReducerChoice::Command(command),
            },
            combiner: command(params, "combiner")?,
            separator: separator(params)?,
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
        if settings.combiner.is_some() && settings.reducer == ReducerChoice::None {
            return Err(invalid(
                "combiner",
                "a job with reducer NONE cannot have a combiner",
            ));
        }
        Ok(settings)
    }
}

fn invalid(name: &str, cause: &str) -> JobError {
    JobError::permanent(format!("invalid parameter {name}: {cause}"))
}

fn command(params: &Params, name: &str) -> Result<Option<String>, JobError> {
    match params.get(name) {
        Some(command) if command.contains('\0') => {
            Err(invalid(name, "a command cannot contain NUL bytes"))
        }
        Some(command) if command.trim().is_empty() => Err(invalid(name, "the command is empty")),
        command => Ok(command.map(|command| command.trim().to_owned())),
    }
}

fn separator(params: &Params) -> Result<Separator, JobError> {
    // Accept `\t`, because a tab is hard to type in a shell.
    let separator = params
        .get("separator")
        .unwrap_or("\\t")
        .replace("\\t", "\t");
    if separator.contains('\n') {
        return Err(invalid("separator", "a separator cannot contain a newline"));
    }
    match params.value("key_fields", 1)? {
        0 => Err(invalid("key_fields", "must be at least 1")),
        fields => Ok(Separator::new(&separator, fields)),
    }
}

fn columns(params: &Params) -> Result<Columns, JobError> {
    match params.get("input").unwrap_or("lines") {
        "lines" => Ok(Columns::Line),
        "columns" => Ok(Columns::Configured),
        "all" => Ok(Columns::All),
        other => Err(invalid(
            "input",
            &format!("{other:?} is not one of lines, columns, all"),
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
    let short = &name[VARIABLE_PREFIX.len()..];
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if short.is_empty() || short.as_bytes()[0].is_ascii_digit() || !short.bytes().all(word) {
        return Err(invalid(
            name,
            "the name of a variable consists of letters, digits and _, and does not start with a digit",
        ));
    }
    match value.contains('\0') {
        true => Err(invalid(
            name,
            "the value of a variable cannot contain NUL bytes",
        )),
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
    fn defaults_are_those_of_the_documentation() {
        let settings = read(&[]).unwrap();
        assert_eq!(
            (settings.mapper, settings.reducer),
            (None, ReducerChoice::Identity)
        );
        assert_eq!(settings.separator, Separator::new("\t", 1));
        assert_eq!(settings.columns, Columns::Line);
        let limits = Limits {
            timeout: Some(Duration::from_secs(600)),
            memory: None,
            line: 64 << 20,
        };
        assert_eq!(settings.limits, limits);
    }

    #[test]
    fn given_parameters_override_defaults() {
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
        assert_eq!(settings.reducer, ReducerChoice::None);
        assert_eq!(settings.separator, Separator::new("\t|", 2));
        assert_eq!(settings.limits.timeout, Some(Duration::from_secs(90)));
        assert_eq!(settings.limits.memory, Some(2 << 30));
        assert_eq!(settings.variables, [("LANG".to_owned(), "C".to_owned())]);
        assert_eq!(read(&[("timeout", "0")]).unwrap().limits.timeout, None);
        assert_eq!(read(&[("timeout", "0s")]).unwrap().limits.timeout, None);
    }

    #[test]
    fn an_invalid_parameter_is_named() {
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
