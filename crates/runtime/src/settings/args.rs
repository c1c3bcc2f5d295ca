//! The flags that `master`, `worker` and `mapreduce run` share.

use std::path::PathBuf;

use config::{Value, ValueKind};

use super::layers::{Entry, Layer};
use super::reference::help;

#[expect(
    missing_docs,
    reason = "clap would put them in place of what the command says about itself"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(after_long_help = help())]
pub struct SettingsArgs {
    /// Files and folders to read [default: input/]
    #[arg(value_name = "INPUT")]
    pub input: Vec<String>,

    /// The job to run [default: word-count]
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,

    /// A parameter of the job (`mapreduce jobs` lists them); may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = assignment)]
    pub param: Vec<(String, String)>,

    /// A command that maps: lines in, lines of key, tab, value out (the job is then `streaming`)
    #[arg(long, value_name = "COMMAND")]
    pub mapper: Option<String>,

    /// A command that reduces: sorted lines of key, tab, value in, lines out; NONE = map only
    #[arg(long, value_name = "COMMAND")]
    pub reducer: Option<String>,

    /// A command that reduces a map task's output before it is handed over
    #[arg(long, value_name = "COMMAND")]
    pub combiner: Option<String>,

    /// A file that every worker is given, such as the script of --mapper; may be given several times
    #[arg(long = "files", value_name = "FILE", value_delimiter = ',')]
    pub files: Vec<String>,

    /// A file with several steps, each of which reads what the one before it wrote
    #[arg(long, value_name = "FILE")]
    pub job_file: Option<String>,

    /// How many records may be left out because the job fails at them [default: 0]
    #[arg(long, value_name = "N")]
    pub skip_bad_records: Option<String>,

    /// How input is laid out: auto (by file name), text, csv, tsv, ndjson, keyvalue, whole or parquet [default: auto]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,

    /// The column of a table to read, by its name in the header; several with commas between them
    #[arg(long, value_name = "COLUMN")]
    pub column: Option<String>,

    /// What is between the cells of a table, or between key and value: a character, or tab
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,

    /// JSON pointers to what is read of lines of JSON, such as /user/lang; several with commas between them
    #[arg(long, value_name = "POINTERS")]
    pub pointer: Option<String>,

    /// How records become words: words or spaces [default: words]
    #[arg(long, value_name = "TOKENIZER")]
    pub tokenizer: Option<String>,

    /// Bytes of input per map task, such as 32MiB [default: auto]
    #[arg(long, value_name = "SIZE")]
    pub split_size: Option<String>,

    /// Lines per map task for text, instead of a size [default: 0, which is off]
    #[arg(long, value_name = "LINES")]
    pub chunk_lines: Option<String>,

    /// Tasks mapped at the same time [default: cores]
    #[arg(long, value_name = "N")]
    pub slots: Option<String>,

    /// The file that gets the result [default: output/results.json]
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,

    /// Let a CSV record with too few cells end the job [default: false, it is counted]
    #[arg(long)]
    pub strict: bool,

    /// Where Redis is, for a cluster [default: redis://127.0.0.1:6379]
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<String>,

    /// error, warn, info, debug, trace or off, also per module [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// Shape of the log lines: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,

    /// A file with settings [default: mapreduce.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Any setting by its name, such as worker.lease=10s; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

impl SettingsArgs {
    /// The flags that were given, as a layer; `--set` overrides a flag of its own.
    pub(super) fn layer(&self) -> Layer {
        let flags = [
            ("--job", "job.name", &self.job),
            ("--mapper", "job.params.mapper", &self.mapper),
            ("--reducer", "job.params.reducer", &self.reducer),
            ("--combiner", "job.params.combiner", &self.combiner),
            ("--job-file", "job.file", &self.job_file),
            (
                "--skip-bad-records",
                "job.skip_bad_records",
                &self.skip_bad_records,
            ),
            ("--format", "input.format", &self.format),
            ("--column", "input.column", &self.column),
            ("--delimiter", "input.delimiter", &self.delimiter),
            ("--pointer", "input.pointer", &self.pointer),
            ("--tokenizer", "input.tokenizer", &self.tokenizer),
            ("--split-size", "input.split_size", &self.split_size),
            ("--chunk-lines", "input.chunk_lines", &self.chunk_lines),
            ("--slots", "worker.slots", &self.slots),
            ("--output", "job.output", &self.output),
            ("--redis-url", "redis.url", &self.redis_url),
            ("--log-level", "log.level", &self.log_level),
            ("--log-format", "log.format", &self.log_format),
        ];
        let given = flags.into_iter().filter_map(|(flag, name, value)| {
            Some(Entry::text(
                name,
                value.as_ref()?,
                &format!("the flag {flag}"),
            ))
        });
        let strict = self
            .strict
            .then(|| Entry::text("input.strict", "true", "the flag --strict"));
        let set = self
            .set
            .iter()
            .map(|(name, value)| Entry::text(name, value, "the flag --set"));
        let params = self.param.iter().map(|(name, value)| {
            let name = format!("job.params.{name}");
            Entry::text(&name, value, "the flag --param")
        });
        // Commands are what the job `streaming` runs.
        let commands = [&self.mapper, &self.reducer, &self.combiner];
        let streaming = (self.job.is_none() && commands.iter().any(|command| command.is_some()))
            .then(|| Entry::text("job.name", "streaming", "the flags --mapper and --reducer"));
        let lists = [
            list_entry("job.input", &self.input, "the arguments"),
            list_entry("job.files", &self.files, "the flag --files"),
        ];
        Layer(
            given
                .chain(strict)
                .chain(streaming)
                .chain(lists.into_iter().flatten())
                .chain(params)
                .chain(set)
                .collect(),
        )
    }
}

/// A list as the value of a setting; nothing if it is empty.
fn list_entry(name: &str, items: &[String], origin: &str) -> Option<Entry> {
    let origin = origin.to_owned();
    let values = items
        .iter()
        .map(|item| Value::new(Some(&origin), item.as_str()));
    let list = ValueKind::Array(values.collect());
    (!items.is_empty()).then(|| Entry {
        name: name.to_owned(),
        value: Value::new(Some(&origin), list),
        origin: origin.clone(),
    })
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("no = between name and value")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
