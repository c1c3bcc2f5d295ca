//! Builds the plan of a request.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::thread::available_parallelism;

use futures::stream::{self, StreamExt, TryStreamExt};
use mapreduce_core::{Aggregate, FileFormat, InputEncoding, Partitioning, Plan, Split};
use mapreduce_formats::csv::Grammar;
use mapreduce_formats::input;
use mapreduce_formats::input::DecompressionError;
use mapreduce_formats::input::{Discovery, FoundFile, InputError};
use mapreduce_formats::split::{Boundary, auto_reduces, auto_size};
use mapreduce_job::bind;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::blocking::run_blocking;
use super::content;
use super::file_layout::FileLayout;
use super::file_start::{START_BYTES, first_record};
use super::header;
use super::request::Request;
use super::sample::partition_bounds;
use super::split_file::{self, SplitSizes};
use super::table_hints::TableHints;

/// Maximum number of skipped subfolders that a warning names.
const MAX_NAMED: usize = 3;

/// Finds the input files, reads their headers and decides where to split them.
///
/// # Errors
/// An input file is missing, cannot be read, lacks a column, or ends inside quotes. The error names the file.
pub async fn plan(request: &Request) -> Result<Plan, InputError> {
    let inputs = request.inputs.clone();
    let (format, recursive) = (request.format, request.recursive);
    let Discovery { files, skipped } =
        run_blocking(move || input::discover(&inputs, format, recursive)).await?;
    let total = files.iter().map(|file| file.len).sum();
    let size = request
        .split_size
        .map_or_else(|| auto_size(total), NonZeroU64::get);
    // An empty file has no records, and no header that could lack a column. A compressed file of nothing has bytes,
    // so an empty one is damaged, and `whole_file` reports it.
    let files = files
        .into_iter()
        .filter(|file| file.len > 0 || file.compression.is_some())
        .collect::<Vec<_>>();
    let hints = &TableHints::find(&files, request).await;
    let splits: Vec<Vec<Split>> = stream::iter(files)
        .map(|file| split_one(file, request, hints, size))
        .buffered(available_parallelism().map_or(1, NonZeroUsize::get))
        .try_collect()
        .await?;
    let mut spec = request.spec.clone();
    spec.input_names = input_names(&request.inputs);
    let mut splits: Vec<Split> = splits.into_iter().flatten().collect();
    let (code, inputs) = (&*request.code, request.inputs.len());
    let bound = bind(code, inputs, &mut spec.params, &mut spec.shape, &mut splits);
    bound.map_err(|error| InputError::Binding {
        job: spec.name.clone(),
        error,
    })?;
    spec.reduces = match (spec.aggregate, spec.shape.required_reduces, request.reduces) {
        (Aggregate::Live, ..) => 0,
        (_, Some(reduces), _) => reduces,
        (_, None, Some(reduces)) => reduces.get(),
        (_, None, None) => auto_reduces(total),
    };
    if spec.shape.partitioning == Partitioning::Range {
        let (inputs, code) = (request.inputs.clone(), request.code.clone());
        let (sampled, sampled_spec) = (splits.clone(), spec.clone());
        spec.bounds =
            run_blocking(move || partition_bounds(&inputs, &sampled_spec, &*code, &sampled)).await;
        spec.reduces = spec.bounds.len() as u32 + 1;
    }
    warn_about_skipped(&skipped, recursive);
    Ok(Plan::new(spec, splits))
}

/// Logs the skipped subfolders in one line.
fn warn_about_skipped(skipped: &[PathBuf], recursive: bool) {
    if skipped.is_empty() {
        return;
    }
    let (folders, first) = (skipped.len(), &skipped[..skipped.len().min(MAX_NAMED)]);
    if recursive {
        warn!(
            folders,
            ?first,
            "skipped links to sub-folders; name them as inputs to read them"
        );
    } else {
        warn!(
            folders,
            ?first,
            "skipped sub-folders; set --recursive (input.recursive=true) to read them"
        );
    }
}

/// Returns the names of several inputs as the user gave them.
///
/// A single input has no name in the plan, because its files need no name to distinguish them.
fn input_names(inputs: &[PathBuf]) -> Vec<String> {
    match inputs {
        [] | [_] => Vec::new(),
        several => several
            .iter()
            .map(|input| input.to_string_lossy().into_owned())
            .collect(),
    }
}

/// Splits one input file.
async fn split_one(
    file: FoundFile,
    request: &Request,
    hints: &TableHints,
    size: u64,
) -> Result<Vec<Split>, InputError> {
    let file = with_encoding(file, request).await?;
    if file.needs_decoding() {
        return whole_file(file, request, hints).await;
    }
    let sizes = SplitSizes {
        bytes: size,
        lines: request.chunk_lines,
        line_numbers: request.spec.shape.line_numbers,
    };
    // Dropping this future must also stop the thread, which may read gigabytes.
    let stop = CancellationToken::new();
    let _stop_on_drop = stop.clone().drop_guard();
    match hints.layout(&file, request)? {
        FileLayout::Lines(format) => {
            run_blocking(move || split_file::lines(file, format, sizes, stop)).await
        }
        FileLayout::Whole => run_blocking(move || split_file::whole(file)).await,
        FileLayout::Parquet { columns } => {
            run_blocking(move || split_file::parquet(file, &columns, size)).await
        }
        FileLayout::Table(table) => {
            let (spec, has_header) = (&request.spec, request.header);
            let Some(header) = header::read(&file, &table, has_header, spec).await? else {
                return Ok(Vec::new());
            };
            hints.warn(&file, header.other_delimiter);
            let grammar = Grammar::new(table.delimiter, &table.dialect);
            run_blocking(move || split_file::table(file, grammar, header, size, stop)).await
        }
    }
}

/// Checks the content of a compressed file, and chooses the encoding of a file.
async fn with_encoding(file: FoundFile, request: &Request) -> Result<FoundFile, InputError> {
    let mut file = file;
    if let Some(compression) = file.compression {
        if file.len == 0 {
            let (path, error) = (file.path, DecompressionError::empty(compression));
            return Err(InputError::Damaged { path, error });
        }
        let max_window = request.spec.max_window;
        file = run_blocking(move || input::check_content(file, max_window)).await?;
    }
    let file = input::with_encoding(file, request.encoding)?;
    if let (None, Some(resembles), InputEncoding::Auto) =
        (file.encoding, file.resembles, request.encoding)
    {
        warn!(
            path = %file.path.display(),
            encoding = %resembles,
            "the file seems to be UTF-16 without a byte-order mark; set input.encoding if it is"
        );
    }
    Ok(file)
}

/// Returns the only split of a compressed file, or of one in another encoding.
///
/// Decompresses only the first bytes, and the header of a table. The map task detects damage in the rest of the file.
async fn whole_file(
    file: FoundFile,
    request: &Request,
    hints: &TableHints,
) -> Result<Vec<Split>, InputError> {
    let max_window = request.spec.max_window;
    let format = match hints.layout(&file, request)? {
        FileLayout::Lines(format) => format,
        // File discovery has already rejected compressed Parquet files.
        FileLayout::Whole | FileLayout::Parquet { .. } => FileFormat::Whole,
        FileLayout::Table(table) => {
            let (spec, has_header) = (&request.spec, request.header);
            let Some(header) = header::read(&file, &table, has_header, spec).await? else {
                return Ok(Vec::new());
            };
            hints.warn(&file, header.other_delimiter);
            let first = Boundary {
                offset: header.len,
                line: Some(1 + header.lines),
            };
            return Ok(split_file::encoded(file, header.format, first));
        }
    };
    // A file that cannot be read counts as empty here, because the map task reports the damage.
    let start = content::first_bytes(&file, max_window, START_BYTES).await;
    if file.compression.is_none() && matches!(&start, Ok(start) if start.is_empty()) {
        // The file consists of a byte-order mark.
        return Ok(Vec::new());
    }
    let first = Boundary {
        offset: first_record(&file.path, &start.unwrap_or_default(), &format)?,
        ..split_file::START
    };
    Ok(split_file::encoded(file, format, first))
}
