//! An output that is a stream: standard output, a device or a FIFO.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::location::StreamTarget;

/// Stream and the file that holds the result until it is sent. The stream gets the checked result or nothing.
#[derive(Debug)]
pub(crate) struct OutputStream {
    target: StreamTarget,
    /// The open stream; `None` for a FIFO that has no reader yet.
    open: Option<File>,
    content: File,
    is_sent: bool,
}

impl OutputStream {
    /// Opens the stream, so that a missing permission is found before the work.
    ///
    /// # Errors
    /// The stream cannot be opened, or no temporary file can be created.
    pub(crate) fn prepare(target: StreamTarget) -> io::Result<Self> {
        let open = match &target {
            StreamTarget::Stdout => Some(io::stdout().as_fd().try_clone_to_owned()?.into()),
            StreamTarget::Stderr => Some(io::stderr().as_fd().try_clone_to_owned()?.into()),
            StreamTarget::Path(path) => open_without_waiting(path)?,
        };
        Ok(Self {
            target,
            open,
            content: tempfile::tempfile()?,
            is_sent: false,
        })
    }

    /// Returns the file for the result.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.content
    }

    /// Sends the result. Blocks until a FIFO has a reader. A reader that stops early, such as `head`, is not an error.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub(crate) fn send(&mut self) -> io::Result<()> {
        if self.is_sent {
            return Ok(());
        }
        self.content.rewind()?;
        // A handle that was opened without waiting would fail on a full FIFO. The old handle is closed after the new one
        // is open, so that the reader does not see an end in between.
        let mut stream = match &self.target {
            StreamTarget::Path(path) => OpenOptions::new().append(true).open(path)?,
            StreamTarget::Stdout | StreamTarget::Stderr => match &self.open {
                Some(open) => open.try_clone()?,
                None => return Err(ErrorKind::BrokenPipe.into()),
            },
        };
        match io::copy(&mut self.content, &mut stream) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            copied => drop(copied?),
        }
        self.is_sent = true;
        self.open = None;
        Ok(())
    }
}

/// Opens a device or FIFO for writing; `None` for a FIFO without a reader.
fn open_without_waiting(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(open) => Ok(Some(open.into())),
        Err(Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
