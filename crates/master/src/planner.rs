//! The planner: from input files to the plan.
//!
//! Reads what must be read and no more: the header of each table, all of each table once (where its
//! records end depends on every quote before), text around the cuts only, unless the job asks for the numbers of
//! lines; of compressed files the header alone, of Parquet the end. Same files and settings,
//! same plan: nothing here depends on the machine, the time or the number of workers.

mod columns;
mod content;
mod cut;
mod estimate;
mod header;
mod layout;
mod sample;
#[cfg(test)]
mod tests;

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use store::off_thread;

use futures::stream::{self, StreamExt, TryStreamExt};
use mapreduce::input::{Compression, Damage};
use mapreduce::job::{Columns, Job, Partitioning, Reduction};
use mapreduce::output::OutputFormat;
use mapreduce::split::{auto_reduces, auto_size};
use mapreduce::{
    Aggregate, FileFormat, Format, FoundFile, InputError, JobError, JobSpec, PartFiles, Plan,
    Registry, Shape, Split, input,
};
use runtime::Settings;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use cut::Sizes;
use layout::{Layout, layout};

pub(crate) use sample::estimate;

/// What to plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub inputs: Vec<PathBuf>,
    /// How their records are laid out.
    pub format: Format,
    /// The columns of a table to read, with commas between them.
    pub column: Option<String>,
    /// What is between the cells of a table, or between key and value; `None` = by the format.
    pub delimiter: Option<u8>,
    /// JSON pointers to what is read of JSON.
    pub pointers: Vec<String>,
    /// Bytes per split; `None` = by the size of the input.
    pub split_size: Option<NonZeroU64>,
    /// Lines per split for text, instead of a size.
    pub chunk_lines: Option<NonZeroU64>,
    /// What the job does, but for the number of reduce tasks.
    pub spec: JobSpec,
    /// Number of reduce tasks, with `shuffle`; `None` = by the size of the input.
    pub reduces: Option<NonZeroU32>,
    /// The job's code, to find out what its keys are like.
    pub code: Arc<dyn Job>,
}

impl Request {
    /// What `settings` ask for, of the jobs of `registry`.
    ///
    /// # Errors
    /// There is no such job, or its parameters are wrong.
    pub fn new(settings: &Settings, registry: &Registry) -> Result<Self, JobError> {
        let Settings { job, input, .. } = settings;
        let code = registry.get(&job.name)?;
        let shape = code.shape(&job.params);
        let shape = shape.map_err(|error| {
            JobError::hopeless(format!(
                "job {}: {error} (`mapreduce jobs {}` tells its parameters)",
                job.name, job.name
            ))
        })?;
        check_aggregate(job.aggregate, &shape)?;
        check_top(settings, &shape)?;
        check_inputs(settings, &shape)?;
        Ok(Self {
            inputs: job.input.clone(),
            format: input.format,
            column: input.column.clone(),
            delimiter: input.delimiter,
            pointers: input.pointer.clone(),
            split_size: input.split_size,
            chunk_lines: input.chunk_lines,
            spec: JobSpec {
                name: job.name.clone(),
                aggregate: job.aggregate,
                // Decided once the size of the input is known.
                reduces: 0,
                compress: settings.shuffle.compression,
                tokenizer: input.tokenizer,
                strict: input.strict,
                max_record: input.max_record.get(),
                params: job.params.clone(),
                bounds: Vec::new(),
                input_names: Vec::new(),
                files: Vec::new(),
                step: None,
                skip_bad_records: job.skip_bad_records,
                top: settings.output.top.map(NonZeroU64::get).or(shape.top),
                part_files: settings.output.parts.then(|| part_files(settings)),
                shape,
            },
            reduces: job.reduces,
            code,
        })
    }
}

/// Only counts can be summed up by the store.
fn check_aggregate(aggregate: Aggregate, shape: &Shape) -> Result<(), JobError> {
    match (aggregate, shape.reduction) {
        (Aggregate::Live, Reduction::Groups) => Err(JobError::hopeless(
            "job.aggregate=live is for jobs that add up counts; leave it at shuffle for this one",
        )),
        _ => Ok(()),
    }
}

/// Some jobs take a certain number of inputs.
fn check_inputs(settings: &Settings, shape: &Shape) -> Result<(), JobError> {
    let job = &settings.job;
    let given = job.input.len();
    match shape.inputs.map(usize::from) {
        Some(needed) if needed != given => Err(JobError::hopeless(format!(
            "job {} takes {needed} inputs (job.input: files or folders), and not {given}",
            job.name
        ))),
        _ => Ok(()),
    }
}

/// Only counts have an order that has a top.
fn check_top(settings: &Settings, shape: &Shape) -> Result<(), JobError> {
    if settings.input.column.is_some() && !matches!(shape.columns, Columns::One) {
        warn!(
            job = settings.job.name,
            "input.column is not used: the job's parameters say which columns it reads"
        );
    }
    match (settings.output.top, shape.reduction) {
        (Some(top), Reduction::Groups) => Err(JobError::hopeless(format!(
            "output.top={top} is for jobs that add up counts, and {} is none",
            settings.job.name
        ))),
        _ => Ok(()),
    }
}

/// Part files as `settings` ask for them. The folder is spelled in full: `output/` of another folder is another.
fn part_files(settings: &Settings) -> PartFiles {
    let output = &settings.job.output;
    let folder = std::path::absolute(output).unwrap_or_else(|_| output.clone());
    PartFiles {
        format: output_format(settings),
        folder: folder.to_string_lossy().into_owned(),
    }
}

/// The layout of the result: what was asked for, or what the output's name tells.
pub(crate) fn output_format(settings: &Settings) -> OutputFormat {
    let asked = settings.output.format;
    asked.unwrap_or_else(|| OutputFormat::of_name(&settings.job.output))
}

/// Finds the files, their headers and where to cut them.
///
/// # Errors
/// Input that is missing, unreadable, without the column, or ends inside quotes; the file is named.
pub async fn plan(request: &Request) -> Result<Plan, InputError> {
    let (inputs, format) = (request.inputs.clone(), request.format);
    let found = blocking(move || input::discover(&inputs, format)).await?;
    let total = found.iter().map(|file| file.len).sum();
    let size = request
        .split_size
        .map_or_else(|| auto_size(total), NonZeroU64::get);
    // An empty file has no records, and no header that could lack a column. Compressed, it has bytes.
    let files = found
        .into_iter()
        .filter(|file| file.len > 0 || file.compression.is_some());
    let splits: Vec<Vec<Split>> = stream::iter(files)
        .map(|file| cut_file(file, request, size))
        .buffered(available_parallelism().map_or(1, NonZeroUsize::get))
        .try_collect()
        .await?;
    let mut spec = request.spec.clone();
    spec.input_names = input_names(&request.inputs);
    let splits: Vec<Split> = splits.into_iter().flatten().collect();
    spec.reduces = match (spec.aggregate, spec.shape.reduces, request.reduces) {
        (Aggregate::Live, ..) => 0,
        (_, Some(reduces), _) => reduces,
        (_, None, Some(reduces)) => reduces.get(),
        (_, None, None) => auto_reduces(total),
    };
    if spec.shape.partitioning == Partitioning::Range {
        let (inputs, code) = (request.inputs.clone(), request.code.clone());
        let (sampled, cut) = (splits.clone(), spec.clone());
        spec.bounds = blocking(move || sample::bounds(&inputs, &cut, &*code, &sampled)).await;
        spec.reduces = spec.bounds.len() as u32 + 1;
    }
    Ok(Plan::new(spec, splits))
}

/// The inputs by their names as they were given; none if there is only one, whose files need no such name.
fn input_names(inputs: &[PathBuf]) -> Vec<String> {
    match inputs {
        [] | [_] => Vec::new(),
        several => several
            .iter()
            .map(|input| input.to_string_lossy().into_owned())
            .collect(),
    }
}

async fn cut_file(file: FoundFile, request: &Request, size: u64) -> Result<Vec<Split>, InputError> {
    if let Some(compression) = file.compression {
        return whole_file(file, compression, request).await;
    }
    let sizes = Sizes {
        bytes: size,
        lines: request.chunk_lines,
        numbered: request.spec.shape.lines,
    };
    // A thread that reads gigabytes is not left behind when planning is given up.
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    match layout(&file, request)? {
        Layout::Lines(format) => blocking(move || cut::lines(file, format, sizes, stop)).await,
        Layout::Whole => Ok(cut::whole(file, FileFormat::Whole)),
        Layout::Parquet { wanted } => blocking(move || cut::parquet(file, &wanted, size)).await,
        Layout::Table { delimiter, wanted } => {
            let limit = request.spec.max_record;
            let Some(header) = header::read(&file, delimiter, &wanted, limit).await? else {
                return Ok(Vec::new());
            };
            blocking(move || cut::table(file, delimiter, header, size, stop)).await
        }
    }
}

/// The only split of a compressed file. Nothing behind a header is decompressed: what is wrong there,
/// the mapper finds.
async fn whole_file(
    file: FoundFile,
    compression: Compression,
    request: &Request,
) -> Result<Vec<Split>, InputError> {
    if file.len == 0 {
        let (path, damage) = (file.path, Damage::empty(compression));
        return Err(InputError::Damaged { path, damage });
    }
    match layout(&file, request)? {
        Layout::Lines(format) => Ok(cut::whole(file, format)),
        // Compressed Parquet was refused when it was found.
        Layout::Whole | Layout::Parquet { .. } => Ok(cut::whole(file, FileFormat::Whole)),
        Layout::Table { delimiter, wanted } => {
            let limit = request.spec.max_record;
            let header = header::read(&file, delimiter, &wanted, limit).await?;
            Ok(header.map_or_else(Vec::new, |header| cut::whole_table(file, header)))
        }
    }
}

/// Runs what reads much on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    off_thread(work).await.expect("planning does not panic")
}
