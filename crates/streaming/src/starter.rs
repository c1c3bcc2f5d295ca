//! Starts the commands of an attempt.

use std::process::Stdio;
use std::rc::Rc;

use mapreduce_core::JobError;
use mapreduce_job::TaskContext;

use crate::environment;
use crate::failure::CommandName;
use crate::guard::GuardProgram;
use crate::process::{Process, ProcessParts};
use crate::settings::{Limits, Settings};
use crate::stderr::StderrReader;
use crate::task_folder::TaskFolder;

/// Starts the commands of one attempt, all in the same folder.
#[derive(Debug)]
pub(crate) struct Starter {
    context: TaskContext,
    is_map: bool,
    limits: Limits,
    variables: Vec<(String, String)>,
    guard: GuardProgram,
    folder: Rc<TaskFolder>,
}

impl Starter {
    /// Prepares the commands of the attempt `context`.
    ///
    /// # Errors
    /// Fails if the attempt's folder cannot be created.
    pub(crate) fn new(
        context: &TaskContext,
        is_map: bool,
        settings: &Settings,
        guard: &GuardProgram,
    ) -> Result<Self, JobError> {
        let parent = context.temp_folder.as_deref();
        let folder = TaskFolder::create(parent, context.files.as_deref())?;
        Ok(Self {
            context: context.clone(),
            is_map,
            limits: settings.limits,
            variables: settings.variables.clone(),
            guard: guard.clone(),
            folder: Rc::new(folder),
        })
    }

    /// Starts a command. This thread must also wait for its end, because the command ends with the thread.
    ///
    /// # Errors
    /// Fails if the guard of the command cannot be started.
    pub(crate) fn start(&self, role: &'static str, command: &str) -> Result<Process, JobError> {
        let name = CommandName {
            role,
            command: command.to_owned(),
        };
        let folder = &*self.folder;
        let mut guard = self
            .guard
            .command(command, self.limits.memory, folder.path())?;
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
        let failed = |error| JobError::new(format!("cannot start {name}: {error}"));
        let guard = guard.spawn().map_err(failed)?;
        let parts = ProcessParts {
            name: name.clone(),
            stderr: StderrReader::new(&self.context),
            limits: self.limits,
            cancelled: self.context.cancelled.clone(),
            folder: Rc::clone(&self.folder),
        };
        Process::new(guard, parts).map_err(failed)
    }
}
