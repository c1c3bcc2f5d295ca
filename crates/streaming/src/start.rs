//! Commands of an attempt.

use std::process::Stdio;
use std::rc::Rc;

use mapreduce::job::{JobError, TaskContext};

use crate::environment;
use crate::failure::Name;
use crate::folder::Folder;
use crate::guard::Program;
use crate::messages::Messages;
use crate::process::{Parts, Process};
use crate::settings::{Limits, Settings};

/// Starts the commands of an attempt, in one folder.
#[derive(Debug)]
pub(crate) struct Starter {
    context: TaskContext,
    is_map: bool,
    limits: Limits,
    variables: Vec<(String, String)>,
    guard: Program,
    folder: Rc<Folder>,
}

impl Starter {
    /// For the attempt of `context`.
    ///
    /// # Errors
    /// A folder for it cannot be made.
    pub(crate) fn new(
        context: &TaskContext,
        is_map: bool,
        settings: &Settings,
        guard: &Program,
    ) -> Result<Self, JobError> {
        let parent = context.temp_folder.as_deref();
        let folder = Folder::make(parent, context.files.as_deref())?;
        Ok(Self {
            context: context.clone(),
            is_map,
            limits: settings.limits,
            variables: settings.variables.clone(),
            guard: guard.clone(),
            folder: Rc::new(folder),
        })
    }

    /// Starts a command, to be waited for by this thread.
    ///
    /// # Errors
    /// Its guard cannot be started.
    pub(crate) fn start(&self, role: &'static str, command: &str) -> Result<Process, JobError> {
        let name = Name {
            role,
            command: command.to_owned(),
        };
        let folder = &*self.folder;
        let mut guard = self
            .guard
            .command(command, self.limits.memory, folder.whole())?;
        environment::set(
            &mut guard,
            &self.context,
            self.is_map,
            folder,
            &self.variables,
        );
        guard
            .current_dir(folder.work())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let failed = |error| JobError::new(format!("{name} cannot be started: {error}"));
        let guard = guard.spawn().map_err(failed)?;
        let parts = Parts {
            name: name.clone(),
            messages: Messages::new(&self.context),
            limits: self.limits,
            cancelled: self.context.cancelled.clone(),
            folder: Rc::clone(&self.folder),
        };
        Process::new(guard, parts).map_err(failed)
    }
}
