//! The job `streaming`.

use std::path::PathBuf;

use mapreduce_core::{JobError, Order, Params, Partitioning, Shape, ValueKind};
use mapreduce_job::{Job, JobInfo, MapTask, TaskContext};
use mapreduce_shuffle::{CombineTask, ReduceTask};

use crate::combiner::CommandCombiner;
use crate::guard::GuardProgram;
use crate::mapper::{CommandMapper, IdentityMapper, MapperOutput};
use crate::reducer::{CommandReducer, IdentityReducer};
use crate::settings::{PARAMS, ReducerChoice, Settings};
use crate::starter::Starter;

const INFO: JobInfo = JobInfo::new(
    "streaming",
    "runs commands of any language as mapper and reducer, as Hadoop Streaming does",
)
.params(PARAMS)
.example("input/ --mapper 'tr -s \" \" \"\\n\"' --reducer 'uniq -c' --output counts.txt");

/// Returns the job `streaming`, whose mapper, reducer and combiner are commands.
pub fn job() -> Streaming {
    Streaming::default()
}

/// The job `streaming`. Its commands are guarded by the running program.
#[derive(Debug, Clone, Default)]
pub struct Streaming {
    guard: GuardProgram,
}

impl Streaming {
    /// Creates the job with another program as the guard of its commands. The program must call
    /// [`run_guard_if_requested`](crate::run_guard_if_requested) at the start of its `main`.
    #[must_use]
    pub fn guarded_by(program: impl Into<PathBuf>) -> Self {
        let guard = GuardProgram::Other(program.into());
        Self { guard }
    }

    fn starter(
        &self,
        context: &TaskContext,
        is_map: bool,
        settings: &Settings,
    ) -> Result<Starter, JobError> {
        Starter::new(context, is_map, settings, &self.guard)
    }

    fn output(&self, context: &TaskContext, settings: &Settings) -> Result<MapperOutput, JobError> {
        let separator = settings.separator.clone();
        Ok(match (&settings.reducer, &settings.combiner) {
            (ReducerChoice::None, _) => MapperOutput::Lines,
            (_, None) => MapperOutput::Pairs(separator),
            (_, Some(command)) => {
                let starter = self.starter(context, true, settings)?;
                MapperOutput::Combined(Box::new(CommandCombiner::new(
                    starter,
                    command.clone(),
                    separator,
                    settings.sort_values,
                )))
            }
        })
    }
}

impl Job for Streaming {
    fn info(&self) -> &JobInfo {
        &INFO
    }

    /// Describes the data. Lines of the result are keys without values, which are written unchanged. The mapper's
    /// attempt runs the combiner, so the shape has none.
    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        let settings = Settings::read(params)?;
        let map_only = settings.reducer == ReducerChoice::None;
        let partitioning = match map_only {
            true => Partitioning::Input,
            false => Partitioning::Hash,
        };
        Ok(Shape {
            partitioning,
            order: Order::Emitted,
            sort_values: settings.sort_values && !map_only,
            columns: settings.columns,
            ..Shape::groups(ValueKind::Line)
        })
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        let settings = Settings::read(&context.params)?;
        let output = self.output(context, &settings)?;
        let Some(command) = &settings.mapper else {
            return Ok(Box::new(IdentityMapper::new(output)));
        };
        let starter = self.starter(context, true, &settings)?;
        let process = starter.start("mapper", command)?;
        Ok(Box::new(CommandMapper { process, output }))
    }

    fn runs_commands(&self) -> bool {
        true
    }

    /// Returns false: only the workers have the files and programs that the commands need.
    fn can_be_sampled(&self) -> bool {
        false
    }

    fn combiner(&self, _: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        Ok(None)
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        let settings = Settings::read(&context.params)?;
        let ReducerChoice::Command(command) = &settings.reducer else {
            return Ok(Box::new(IdentityReducer::default()));
        };
        let starter = self.starter(context, false, &settings)?;
        let process = starter.start("reducer", command)?;
        let separator = settings.separator;
        Ok(Box::new(CommandReducer { process, separator }))
    }
}
