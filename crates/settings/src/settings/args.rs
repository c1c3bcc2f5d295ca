//! Command-line arguments that set settings.

use std::path::PathBuf;

use super::flags::SettingFlags;
use super::help::{flag_help, help};
use super::layer::{Entry, Layer};

#[expect(
    missing_docs,
    reason = "clap would show the doc comment in place of the description of the command"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(after_long_help = help())]
pub struct SettingsArgs {
    #[arg(value_name = "INPUT", help = flag_help("job.input"))]
    pub input: Vec<String>,

    #[command(flatten)]
    pub flags: SettingFlags,

    /// Parameter of the job (repeatable); `mapreduce jobs NAME` lists all parameters of a job
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = assignment)]
    pub param: Vec<(String, String)>,

    /// Command that maps lines to lines of key, tab and value; selects the job `streaming`
    #[arg(long, value_name = "COMMAND")]
    pub mapper: Option<String>,

    /// Command that reduces sorted lines of key, tab and value to lines; NONE = no reduce phase
    #[arg(long, value_name = "COMMAND")]
    pub reducer: Option<String>,

    /// Command that reduces the output of each map task before the shuffle
    #[arg(long, value_name = "COMMAND")]
    pub combiner: Option<String>,

    #[arg(
        long = "files",
        value_name = "FILE",
        value_delimiter = ',',
        help = flag_help("job.files")
    )]
    pub files: Vec<String>,

    /// File with settings [default: mapreduce.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Setting by its name, such as worker.lease=10s (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

impl SettingsArgs {
    /// The arguments as a layer; `--set` takes precedence over the flag of a setting.
    pub(super) fn layer(&self) -> Layer {
        let flags = self.flags.entries();
        let lists = [
            Entry::list("job.input", &self.input, "the arguments"),
            Entry::list("job.files", &self.files, "the flag --files"),
        ];
        let params = self.param.iter().map(|(name, value)| {
            let name = format!("job.params.{name}");
            Entry::text(&name, value, "the flag --param")
        });
        let set = self
            .set
            .iter()
            .map(|(name, value)| Entry::text(name, value, "the flag --set"));
        Layer(
            flags
                .chain(self.commands())
                .chain(lists.into_iter().flatten())
                .chain(params)
                .chain(set)
                .collect(),
        )
    }

    /// The commands of the job `streaming`, which they select unless `--job` names a job.
    fn commands(&self) -> Vec<Entry> {
        let commands = [
            ("mapper", &self.mapper),
            ("reducer", &self.reducer),
            ("combiner", &self.combiner),
        ];
        let given = commands.into_iter().filter_map(|(flag, command)| {
            let (name, origin) = (format!("job.params.{flag}"), format!("the flag --{flag}"));
            Some(Entry::text(&name, command.as_ref()?, &origin))
        });
        let mut entries: Vec<_> = given.collect();
        if !entries.is_empty() && !self.flags.contains("job.name") {
            let origin = "the flags --mapper and --reducer";
            entries.push(Entry::text("job.name", "streaming", origin));
        }
        entries
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected NAME=VALUE, but = is missing")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
