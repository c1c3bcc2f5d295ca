//! Where the result goes: a file that the master writes, or a folder of files that reduce tasks write.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use mapreduce::job::{Order, Reduction, TaskContext};
use mapreduce::output::{RowLayout, RowWriter, Written, write_lists};
use mapreduce::shuffle::{RowSink, RowSinkOptions, RowsOut, Scratch};
use mapreduce::{Aggregate, JobError, Pairs, input};
use runtime::CrashPlan;
use store::off_thread;
use store::{JobRef, Stored};

use crate::bad_records;
use crate::core::LostPart;
use crate::error::MasterError;
use crate::options::Options;
use crate::parts::{self, PartsFolder};
use crate::publish::{OutputError, OutputFile};

/// An output that nobody else writes.
pub(crate) enum Output {
    /// The main output, and behind it those that the job names.
    Files(Vec<OutputFile>),
    Parts(Arc<PartsFolder>),
}

impl Output {
    /// Refuses what cannot be written, before any work: a result that cannot be is not worth computing.
    pub(crate) fn prepare(options: &Options) -> Result<Self, MasterError> {
        let Options {
            request, output, ..
        } = options;
        let with_parts = request.spec.part_files.is_some();
        if with_parts {
            check_parts(options)?;
        }
        let outputs = options.written();
        for written in outputs.iter().chain(&bad_records::written(options)) {
            if let Some(input) = input::reads(&request.inputs, written) {
                let (input, output) = (input.to_path_buf(), written.clone());
                return Err(MasterError::OutputIsInput { output, input });
            }
        }
        if let Some(input) = parts::input_in(&request.inputs, output).filter(|_| with_parts) {
            let (input, output) = (input.to_path_buf(), output.clone());
            return Err(MasterError::InputInOutput { output, input });
        }
        Ok(match with_parts {
            true => {
                let folder = PartsFolder::prepare(output, options.format, options.resumes)?;
                Self::Parts(Arc::new(folder))
            }
            false => {
                let files = outputs.iter().map(|path| OutputFile::prepare(path));
                Self::Files(files.collect::<Result<_, _>>()?)
            }
        })
    }

    /// Gets ready for the tasks of `job`. May be done again.
    pub(crate) async fn begin(&self, job: &JobRef) -> Result<(), MasterError> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Parts(folder) => {
                let job = job.clone();
                Ok(on_folder(folder, move |folder| folder.begin(&job)).await?)
            }
        }
    }

    /// Writes lists of counts, of which there are none if tasks write the result.
    pub(crate) async fn write(
        self,
        job: &JobRef,
        lists: Vec<Pairs>,
        options: &Options,
    ) -> Result<(Self, Written), MasterError> {
        let mut files = match self {
            Self::Files(files) => files,
            Self::Parts(folder) => {
                let gathered = gather(&folder, job, 0, Vec::new(), &options.crash).await?;
                let written = gathered.unwrap_or_default();
                return Ok((Self::Parts(folder), written));
            }
        };
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let (format, top) = (options.format, options.request.spec.top);
        let layout = RowLayout::new(format, &options.request.spec.shape);
        let counts = options.request.spec.shape.reduction == Reduction::Sum;
        let nothing = match counts {
            true => None,
            false => empty_rows(options)?,
        };
        let writing = off_thread(move || {
            let (mut written, mut nothing) = (Written::default(), nothing);
            for (output, file) in files.iter_mut().enumerate() {
                let filled = file.fill(|file| match counts {
                    true => write_lists(&lists, threads, format, top, file),
                    // Rows come from parts, of which there are none.
                    false => write_rows(nothing.as_mut(), output, layout.clone(), file),
                });
                written = filled.map_err(|error| file.error(error))?;
            }
            Ok::<_, OutputError>((Self::Files(files), written))
        });
        Ok(writing.await.expect("writing does not panic")?)
    }

    /// Puts what was written in its place.
    pub(crate) async fn publish(self, job: &JobRef, crash: &CrashPlan) -> Result<(), MasterError> {
        let (job, crash) = (job.clone(), crash.clone());
        let publishing = off_thread(move || match self {
            // The main one last: where it is, the others are.
            Self::Files(files) => files
                .into_iter()
                .rev()
                .try_for_each(|file| file.publish(&crash)),
            Self::Parts(folder) => folder.publish(&job, &crash),
        });
        Ok(publishing.await.expect("renaming does not panic")?)
    }

    /// Removes what tasks have written: nobody will take the job up again.
    pub(crate) async fn discard(&self) {
        if let Self::Parts(folder) = self {
            on_folder(folder, PartsFolder::discard).await;
        }
    }
}

/// What the reducers of a job give that has no input: a number of nothing, perhaps.
fn empty_rows(options: &Options) -> Result<Option<RowsOut>, MasterError> {
    let (spec, code) = (&options.request.spec, &options.request.code);
    // A command is for the workers, and there is no task for them.
    if !code.can_be_sampled() {
        return Ok(None);
    }
    let scratch = Scratch {
        memory: 1 << 20,
        folder: None,
    };
    let sink_options = RowSinkOptions {
        sorted: spec.shape.order == Order::Key,
        outputs: 1 + spec.shape.outputs.len() as u32,
        compress: false,
    };
    let mut sink = RowSink::new(&scratch, sink_options);
    let reduces = spec.shape.reduces.unwrap_or(1);
    for partition in 0..reduces {
        let context = TaskContext {
            job: spec.name.clone(),
            params: spec.params.clone(),
            tokenizer: spec.tokenizer,
            reduces,
            partition,
            ..TaskContext::default()
        };
        let done = code
            .reducer(&context)
            .and_then(|mut reducer| reducer.finish(&mut sink));
        done.map_err(MasterError::Job)?;
    }
    let rows = sink.finish(&AtomicBool::new(false));
    rows.map(Some)
        .map_err(|error| MasterError::Job(JobError::new(error.to_string())))
}

fn write_rows(
    rows: Option<&mut RowsOut>,
    output: usize,
    layout: RowLayout,
    file: &mut File,
) -> io::Result<Written> {
    let mut writer = RowWriter::new(file, layout);
    if let Some(rows) = rows {
        let pushed = rows.each(output, &AtomicBool::new(false), &mut |row| {
            Ok(writer.push_text(row.key, row.value)?)
        });
        pushed.map_err(io::Error::other)?;
    }
    writer.finish()
}

/// The file of the output `name` of a job whose main output is `main`: `results.name.json` beside `results.json`.
pub(crate) fn beside(main: &Path, name: &str) -> PathBuf {
    let stem = main.file_stem().unwrap_or_default().to_string_lossy();
    let ending = main.extension().map(|ending| ending.to_string_lossy());
    main.with_file_name(match ending {
        Some(ending) => format!("{stem}.{name}.{ending}"),
        None => format!("{stem}.{name}"),
    })
}

/// Puts the parts of the tasks from `first` on together; the inner error lists those that are lost.
pub(crate) async fn gather(
    folder: &Arc<PartsFolder>,
    job: &JobRef,
    first: u32,
    outputs: Vec<Stored>,
    crash: &CrashPlan,
) -> Result<Result<Written, Vec<LostPart>>, OutputError> {
    let (job, crash) = (job.clone(), crash.clone());
    on_folder(folder, move |folder| {
        folder.gather(&job, first, &outputs, &crash)
    })
    .await
}

/// Works on the folder off the async threads.
async fn on_folder<T: Send + 'static>(
    folder: &Arc<PartsFolder>,
    work: impl FnOnce(&PartsFolder) -> T + Send + 'static,
) -> T {
    let folder = folder.clone();
    let working = off_thread(move || work(&folder));
    working.await.expect("renaming does not panic")
}

/// Refuses settings that part files do not go with.
fn check_parts(options: &Options) -> Result<(), MasterError> {
    let spec = &options.request.spec;
    let (with, what) = match (spec.aggregate, spec.top) {
        (Aggregate::Live, _) => (
            "job.aggregate=live".to_owned(),
            "where no reduce task writes a part; use job.aggregate=shuffle",
        ),
        _ if !spec.shape.outputs.is_empty() => (
            format!("the job {}", spec.name),
            "which has several outputs; write it to a file",
        ),
        (_, Some(top)) => (
            match spec.shape.top {
                Some(_) => format!("the job {} and its {top} rows", spec.name),
                None => format!("output.top={top}"),
            },
            "as each part would have a top of its own; set one of them",
        ),
        _ => return Ok(()),
    };
    Err(MasterError::NoParts { with, what })
}
