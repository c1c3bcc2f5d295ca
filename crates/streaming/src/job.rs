//! The job.

use std::path::PathBuf;

use mapreduce::job::{
    CombineTask, Job, JobError, JobInfo, MapTask, Order, Params, Partitioning, ReduceTask, Shape,
    TaskContext, ValueKind,
};

use crate::combine::Combine;
use crate::guard::Program;
use crate::mapper::{self, Mapping, Output};
use crate::reducer::{self, Reducing};
use crate::settings::{PARAMS, Reducer, Settings};
use crate::start::Starter;

const INFO: JobInfo = JobInfo::new(
    "streaming",
    "runs commands of any language as mapper and reducer, as Hadoop Streaming does",
)
.params(PARAMS)
.example("input/ --mapper 'tr -s \" \" \"\\n\"' --reducer 'uniq -c' --output counts.txt");

/// The job `streaming`: commands as mapper, reducer and combiner.
pub fn job() -> Streaming {
    Streaming::default()
}

/// A job of commands.
#[derive(Debug, Clone, Default)]
pub struct Streaming {
    guard: Program,
}

impl Streaming {
    /// Commands are guarded by `program` and not by this one; its `main` begins with
    /// [`guard_if_asked`](crate::guard_if_asked).
    #[must_use]
    pub fn guarded_by(program: impl Into<PathBuf>) -> Self {
        let guard = Program::Other(program.into());
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

    fn output(&self, context: &TaskContext, settings: &Settings) -> Result<Output, JobError> {
        let cut = settings.cut.clone();
        Ok(match (&settings.reducer, &settings.combiner) {
            (Reducer::None, _) => Output::Lines,
            (_, None) => Output::Pairs(cut),
            (_, Some(command)) => {
                let starter = self.starter(context, true, settings)?;
                Output::Combined(Box::new(Combine::new(
                    starter,
                    command.clone(),
                    cut,
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

    /// Lines of the result are keys without values, so they come out as they are. A combiner is the mapper's
    /// business.
    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        let settings = Settings::read(params)?;
        let none = settings.reducer == Reducer::None;
        let partitioning = match none {
            true => Partitioning::Input,
            false => Partitioning::Hash,
        };
        Ok(Shape {
            partitioning,
            order: Order::Emitted,
            sort_values: settings.sort_values && !none,
            columns: settings.columns,
            ..Shape::groups(ValueKind::Nothing)
        })
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        let settings = Settings::read(&context.params)?;
        let output = self.output(context, &settings)?;
        let Some(command) = &settings.mapper else {
            return Ok(Box::new(mapper::Identity::new(output)));
        };
        let starter = self.starter(context, true, &settings)?;
        let process = starter.start("mapper", command)?;
        Ok(Box::new(Mapping { process, output }))
    }

    fn runs_commands(&self) -> bool {
        true
    }

    /// Commands run where tasks run: the files that they need are only there.
    fn can_be_sampled(&self) -> bool {
        false
    }

    fn combiner(&self, _: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        Ok(None)
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        let settings = Settings::read(&context.params)?;
        let Reducer::Command(command) = &settings.reducer else {
            return Ok(Box::new(reducer::Identity::default()));
        };
        let starter = self.starter(context, false, &settings)?;
        let process = starter.start("reducer", command)?;
        let cut = settings.cut;
        Ok(Box::new(Reducing { process, cut }))
    }
}
