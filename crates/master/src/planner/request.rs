//! The planner's request: the inputs of a job, and how to split and read them.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;

use mapreduce_core::{
    Aggregate, Delimiter, InputEncoding, InputFormat, JobError, JobSpec, PartFiles, Shape,
};
use mapreduce_core::{Columns, Reduction};
use mapreduce_core::{OutputFormat, OutputName};
use mapreduce_job::Job;
use mapreduce_job::Registry;
use settings::Settings;
use tracing::warn;

use super::dialect::{RequestedDialect, check_dialect};

/// The inputs of a job, and how to split and read them.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub inputs: Vec<PathBuf>,
    /// True if the input includes subfolders.
    pub recursive: bool,
    /// Format of the input files.
    pub format: InputFormat,
    /// Encoding of the input files.
    pub encoding: InputEncoding,
    /// Columns of a table to read, separated by commas.
    pub column: Option<String>,
    /// Delimiter of the cells of a table, or between key and value; `None` selects the format's default.
    pub delimiter: Option<Delimiter>,
    /// Quotes, escapes, comments and null texts of tables.
    pub dialect: RequestedDialect,
    /// JSON pointers to the values to read.
    pub pointers: Vec<String>,
    /// True if jobs that read lines read the rows of a table, without its header, with tabs between the cells.
    pub rows_as_lines: bool,
    /// True if the first row of a table contains the names of its columns.
    pub header: bool,
    /// Bytes per split; `None` derives them from the size of the input.
    pub split_size: Option<NonZeroU64>,
    /// Lines per split of text; replaces `split_size`.
    pub chunk_lines: Option<NonZeroU64>,
    /// True if input without records is accepted.
    pub allow_empty: bool,
    /// Specification of the job, except for the number of reduce tasks.
    pub spec: JobSpec,
    /// Number of reduce tasks with `job.aggregate=shuffle`; `None` derives it from the size of the input.
    pub reduces: Option<NonZeroU32>,
    /// Code of the job, which the planner runs on a sample of the input.
    pub code: Arc<dyn Job>,
}

impl Request {
    /// Returns the request that `settings` describe, for one of the jobs of `registry`.
    ///
    /// # Errors
    /// The registry lacks the job, its parameters are invalid, or settings contradict each other.
    pub fn new(settings: &Settings, registry: &Registry) -> Result<Self, JobError> {
        let Settings { job, input, .. } = settings;
        let code = registry.get(&job.name)?;
        let shape = code.shape(&job.params);
        let shape = shape.map_err(|error| {
            JobError::permanent(format!(
                "job {}: {error} (`mapreduce jobs {}` lists its parameters)",
                job.name, job.name
            ))
        })?;
        check_aggregate(job.aggregate, &shape)?;
        check_top(settings, &shape)?;
        check_inputs(settings, &shape)?;
        check_dialect(settings)?;
        warn_about_column(settings, &shape);
        Ok(Self {
            inputs: job.input.clone(),
            recursive: input.recursive,
            format: input.format,
            encoding: input.encoding,
            column: input.column.clone(),
            delimiter: input.delimiter,
            dialect: RequestedDialect::of(settings),
            pointers: input.pointer.clone(),
            rows_as_lines: false,
            header: input.header,
            split_size: input.split_size,
            chunk_lines: input.chunk_lines,
            allow_empty: input.allow_empty,
            spec: job_spec(settings, shape),
            reduces: job.reduces,
            code,
        })
    }
}

/// Returns the specification of the job, as far as it is known before the input is.
fn job_spec(settings: &Settings, shape: Shape) -> JobSpec {
    let Settings { job, input, .. } = settings;
    JobSpec {
        name: job.name.clone(),
        aggregate: job.aggregate,
        // The planner decides this once it knows the size of the input.
        reduces: 0,
        compress: settings.shuffle.compression,
        tokenizer: input.tokenizer,
        strict: input.strict,
        max_record: input.max_record.get(),
        max_window: input.max_window.get(),
        params: job.params.clone(),
        bounds: Vec::new(),
        input_names: Vec::new(),
        files: Vec::new(),
        step: None,
        skip_bad_records: job.skip_bad_records,
        top: settings.output.top.map(NonZeroU64::get).or(shape.top),
        part_files: settings.output.parts.then(|| part_files(settings)),
        shape,
    }
}

/// Refuses live aggregation for jobs other than counts, because the store can only add numbers.
fn check_aggregate(aggregate: Aggregate, shape: &Shape) -> Result<(), JobError> {
    match (aggregate, shape.reduction) {
        (Aggregate::Live, Reduction::Groups) => Err(JobError::permanent(
            "job.aggregate=live supports only jobs that add up counts; set job.aggregate=shuffle for this job",
        )),
        _ => Ok(()),
    }
}

/// Refuses a number of inputs that the job cannot read.
fn check_inputs(settings: &Settings, shape: &Shape) -> Result<(), JobError> {
    let job = &settings.job;
    let given = job.input.len();
    match shape.required_inputs.map(usize::from) {
        Some(needed) if needed != given => Err(JobError::permanent(format!(
            "job {} needs {needed} inputs, but job.input names {given}; name {needed} files or folders",
            job.name
        ))),
        _ => Ok(()),
    }
}

/// Refuses `output.top` for jobs other than counts, because only counts have an order to cut.
fn check_top(settings: &Settings, shape: &Shape) -> Result<(), JobError> {
    match (settings.output.top, shape.reduction) {
        (Some(top), Reduction::Groups) => Err(JobError::permanent(format!(
            "output.top={top} supports only jobs that add up counts; unset output.top for the job {}",
            settings.job.name
        ))),
        _ => Ok(()),
    }
}

/// Warns if `input.column` has no effect.
fn warn_about_column(settings: &Settings, shape: &Shape) {
    if settings.input.column.is_some() && !matches!(shape.columns, Columns::Configured) {
        warn!(
            job = settings.job.name,
            "input.column has no effect: the job's parameters select the columns"
        );
    }
}

/// Returns the format and the folder of the part files for `settings`.
fn part_files(settings: &Settings) -> PartFiles {
    let output = &settings.job.output;
    // The path is made absolute, because `output/` names another folder in another working directory.
    let folder = std::path::absolute(output).unwrap_or_else(|_| output.clone());
    PartFiles {
        format: output_format(settings),
        header: settings.output.header,
        folder: folder.to_string_lossy().into_owned(),
    }
}

/// Returns the format of the result: `output.format`, or else the one that the name of the output implies.
pub(crate) fn output_format(settings: &Settings) -> OutputFormat {
    let configured = settings.output.format;
    let named = || OutputName::of(&settings.job.output).format;
    configured.or_else(named).unwrap_or(OutputFormat::Json)
}
