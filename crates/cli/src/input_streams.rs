//! Input streams: standard input and FIFOs are copied to temporary files before the job is planned, because splits need
//! files of a known length.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use settings::{Exit, Shutdown, Step};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Names of standard input.
const STDIN: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
/// Path that reopens the file behind standard input at its start, on Linux.
const STDIN_FILE: &str = "/dev/stdin";

/// A path, and the receiver for the result of copying a stream: the path of the copy, or that of the stream.
type Copying = (PathBuf, oneshot::Receiver<io::Result<u64>>);

/// Replaces streams in the inputs of all steps by files. Returns the folder of the copies, which must exist as long as
/// the job runs.
///
/// # Errors
/// A stream cannot be copied, or the program is interrupted. Prints a message to stderr and returns the exit code.
pub(crate) async fn copy_streams(
    steps: &mut [Step],
    shutdown: &Shutdown,
) -> Result<Option<TempDir>, ExitCode> {
    let mut files = BTreeMap::new();
    let mut copying: Vec<Copying> = Vec::new();
    let mut folder = None;
    for step in steps.iter_mut() {
        let temp_folder = step.settings.worker.temp_folder.as_deref();
        for input in &mut step.settings.job.input {
            let Some(stream) = InputStream::of(input) else {
                continue;
            };
            let key = stream.clone();
            let path = match (files.get(&key), stream.file()) {
                (Some(path), _) => PathBuf::clone(path),
                (None, Some(path)) => path,
                (None, None) => {
                    let started = start_copy(&mut folder, temp_folder, copying.len(), stream);
                    let (path, done) = started.map_err(|error| failed(input, &error))?;
                    copying.push((input.clone(), done));
                    path
                }
            };
            files.insert(key, path.clone());
            *input = path;
        }
    }
    // All copies run at the same time, because one program may write to several streams.
    let token = shutdown.token();
    for (input, done) in copying {
        let outcome = tokio::select! {
            outcome = done => outcome.unwrap_or_else(|_| Err(io::Error::other("the copy was aborted"))),
            () = token.cancelled() => {
                let message = "interrupted while reading standard input or a pipe; nothing was written";
                return Err(settings::fail(Exit::Interrupted, &message));
            }
        };
        outcome.map_err(|error| failed(&input, &error))?;
    }
    Ok(folder)
}

fn failed(input: &Path, error: &io::Error) -> ExitCode {
    let message = format!(
        "{input:?}: cannot copy the stream to a temporary file: {error}; check that worker.temp_folder is writable and \
         has enough free space"
    );
    settings::fail(Exit::NoInput, &message)
}

/// Input that is a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum InputStream {
    Stdin,
    Fifo(PathBuf),
}

impl InputStream {
    /// Returns the stream at `input`; `None` for files, folders and anything else.
    fn of(input: &Path) -> Option<Self> {
        if STDIN.iter().any(|name| input == Path::new(name)) {
            return Some(Self::Stdin);
        }
        let is_fifo = fs::metadata(input).is_ok_and(|meta| meta.file_type().is_fifo());
        is_fifo.then(|| Self::Fifo(input.to_path_buf()))
    }

    /// Opens the stream. Blocks until a FIFO has a writer.
    fn open(&self) -> io::Result<File> {
        match self {
            Self::Stdin => Ok(io::stdin().as_fd().try_clone_to_owned()?.into()),
            Self::Fifo(path) => File::open(path),
        }
    }

    /// Returns the path of a file with all bytes of the stream: `run - <FILE` needs no copy.
    fn file(&self) -> Option<PathBuf> {
        if *self != Self::Stdin || !cfg!(target_os = "linux") {
            return None;
        }
        let mut file = self.open().ok()?;
        let is_whole = file.metadata().is_ok_and(|meta| meta.is_file())
            && file.stream_position().is_ok_and(|position| position == 0);
        (is_whole && File::open(STDIN_FILE).is_ok()).then(|| PathBuf::from(STDIN_FILE))
    }

    /// Returns the name of the copy. Its extension may select the format.
    fn name(&self) -> &Path {
        match self {
            Self::Stdin => Path::new("stdin"),
            Self::Fifo(path) => Path::new(path.file_name().unwrap_or(path.as_os_str())),
        }
    }
}

/// Starts to copy `stream` to a file in `folder`, which is created if it is missing. Returns the path of the copy.
fn start_copy(
    folder: &mut Option<TempDir>,
    temp_folder: Option<&Path>,
    nth: usize,
    stream: InputStream,
) -> io::Result<Copying> {
    let folder = if let Some(folder) = folder {
        folder
    } else {
        let parent = temp_folder.map_or_else(std::env::temp_dir, Path::to_path_buf);
        fs::create_dir_all(&parent)?;
        let mut builder = tempfile::Builder::new();
        folder.insert(builder.prefix("mapreduce-input-").tempdir_in(parent)?)
    };
    // A folder for each copy, because two streams may have the same name.
    let own = folder.path().join(nth.to_string());
    fs::create_dir(&own)?;
    let path = own.join(stream.name());
    let mut copy = File::create_new(&path)?;
    let (send, done) = oneshot::channel();
    // This is not a thread of the runtime, because the runtime waits for its threads when the program ends.
    thread::spawn(move || {
        let copied = stream
            .open()
            .and_then(|mut from| io::copy(&mut from, &mut copy));
        drop(send.send(copied));
    });
    Ok((path, done))
}
