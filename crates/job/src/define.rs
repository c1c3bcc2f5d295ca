//! A [`Job`] built from a mapper and a reducer.

use std::cell::Cell as StdCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mapreduce_core::{JobError, Params, Partitioning, Shape, panic_message};
use mapreduce_formats::reader::Records;
use mapreduce_shuffle::{CombineTask, RawValues, ReduceTask, RowSink};

use crate::cell::Cell;
use crate::context::TaskContext;
use crate::datum::{Datum, TextKey};
use crate::emit::{Combined, Emitter};
use crate::mapper::Mapper;
use crate::reducer::{Combiner, Reducer};
use crate::registry::{Binding, Job, JobInfo};
use crate::rows::Rows;
use crate::task::{MapFault, MapSink, MapTask};
use crate::values::Values;

/// Starts the definition of a job. Add a mapper, then a reducer or `MappedJob::sum`.
pub fn define(info: JobInfo) -> UnmappedJob {
    UnmappedJob(info)
}

/// Definition of a job that lacks its mapper.
#[derive(Debug)]
pub struct UnmappedJob(JobInfo);

impl UnmappedJob {
    /// Sets the mapper. The engine calls `make` once for each attempt at a map task.
    pub fn mapper<M, F>(self, make: F) -> MappedJob<M>
    where
        M: Mapper + 'static,
        F: Fn() -> M + Send + Sync + 'static,
    {
        MappedJob {
            info: self.0,
            mapper: Arc::new(make),
        }
    }
}

type Maker<T> = Arc<dyn Fn() -> T + Send + Sync>;
type ErasedMaker<T> = Arc<dyn Fn(&TaskContext) -> Result<Box<T>, JobError> + Send + Sync>;
type ShapeMaker = Arc<dyn Fn(&Params, Shape) -> Result<Shape, JobError> + Send + Sync>;
type Binder =
    Arc<dyn Fn(&Params, &[Vec<String>]) -> Result<Option<Binding>, JobError> + Send + Sync>;
type Partitioner = Arc<dyn Fn(&[u8], u32) -> u32 + Send + Sync>;

/// Definition of a job that lacks its reducer.
pub struct MappedJob<M> {
    info: JobInfo,
    mapper: Maker<M>,
}

impl<M: Mapper + 'static> MappedJob<M> {
    /// Sums the values of each key. The job needs no reducer, and this is the fastest way to count.
    pub fn sum(self) -> Definition
    where
        M: Mapper<Value = u64, Key: TextKey>,
    {
        self.finish(Shape::sum(), None)
    }

    /// Sets the reducer. The engine calls `make` once for each attempt at a reduce task.
    pub fn reducer<R, F>(self, make: F) -> Definition
    where
        R: Reducer<Key = M::Key, Value = M::Value> + 'static,
        F: Fn() -> R + Send + Sync + 'static,
    {
        let reducer: ErasedMaker<dyn ReduceTask> = Arc::new(move |context| {
            let mut reducer = make();
            reducer.setup(context)?;
            Ok(Box::new(ReducerTask(reducer)))
        });
        self.finish(Shape::groups(R::OutValue::kind()), Some(reducer))
    }

    fn finish(self, shape: Shape, reducer: Option<ErasedMaker<dyn ReduceTask>>) -> Definition {
        let make = self.mapper;
        let mapper: ErasedMaker<dyn MapTask> = Arc::new(move |context| {
            let mut mapper = make();
            mapper.setup(context)?;
            Ok(Box::new(MapperTask(mapper)))
        });
        Definition {
            info: self.info,
            shape,
            reshape: None,
            bind: None,
            mapper,
            combiner: None,
            reducer,
            partition: None,
        }
    }
}

impl<M> fmt::Debug for MappedJob<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MappedJob").field(&self.info).finish()
    }
}

/// Complete definition of a job, with optional settings.
pub struct Definition {
    info: JobInfo,
    shape: Shape,
    reshape: Option<ShapeMaker>,
    bind: Option<Binder>,
    mapper: ErasedMaker<dyn MapTask>,
    combiner: Option<ErasedMaker<dyn CombineTask>>,
    reducer: Option<ErasedMaker<dyn ReduceTask>>,
    partition: Option<Partitioner>,
}

impl Definition {
    /// Sets the combiner. Each attempt at a map task calls `make`. Its key and value types must be those of the mapper.
    #[must_use]
    pub fn combiner<C, F>(mut self, make: F) -> Self
    where
        C: Combiner + 'static,
        F: Fn() -> C + Send + Sync + 'static,
    {
        self.combiner = Some(Arc::new(move |_| Ok(Box::new(CombinerTask(make())))));
        self.shape.has_combiner = true;
        self
    }

    /// Sets a function that adapts the shape to the parameters. It should also reject invalid parameters.
    #[must_use]
    pub fn shape<F>(mut self, reshape: F) -> Self
    where
        F: Fn(&Params, Shape) -> Result<Shape, JobError> + Send + Sync + 'static,
    {
        self.reshape = Some(Arc::new(reshape));
        self
    }

    /// Sets the function of [`Job::bind`], for results that depend on the columns of the input.
    #[must_use]
    pub fn bind<F>(mut self, bind: F) -> Self
    where
        F: Fn(&Params, &[Vec<String>]) -> Result<Option<Binding>, JobError> + Send + Sync + 'static,
    {
        self.bind = Some(Arc::new(bind));
        self
    }

    /// Sets the function that assigns an encoded key to a partition. It receives the number of partitions and returns a
    /// smaller number.
    #[must_use]
    pub fn partition<F>(mut self, partition: F) -> Self
    where
        F: Fn(&[u8], u32) -> u32 + Send + Sync + 'static,
    {
        self.partition = Some(Arc::new(partition));
        self.shape.partitioning = Partitioning::Custom;
        self
    }
}

impl Job for Definition {
    fn info(&self) -> &JobInfo {
        &self.info
    }

    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        params.check(self.info.params)?;
        match &self.reshape {
            Some(reshape) => reshape(params, self.shape.clone()),
            None => Ok(self.shape.clone()),
        }
    }

    fn bind(&self, params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
        match &self.bind {
            Some(bind) => bind(params, columns),
            None => Ok(None),
        }
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        (self.mapper)(context)
    }

    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        self.combiner.as_ref().map(|make| make(context)).transpose()
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        match &self.reducer {
            Some(make) => make(context),
            None => Err(JobError::permanent("the job has no reducer")),
        }
    }

    fn partition(&self, key: &[u8], partitions: u32) -> u32 {
        match &self.partition {
            Some(partition) => partition(key, partitions),
            None => mapreduce_core::key::partition(mapreduce_core::key::hash(key), partitions),
        }
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("info", &self.info)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

struct MapperTask<M>(M);

impl<M: Mapper> MapTask for MapperTask<M> {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let at = StdCell::new(0);
        let mut failed = None;
        // This is unwind safe: a panic fails the attempt, and the mapper is not used again.
        let read = catch_unwind(AssertUnwindSafe(|| {
            records.batch(|record| {
                if failed.is_none() {
                    at.set(record.offset());
                    let mut out = Emitter::new(out, record.buffer);
                    failed = self.0.map(&record, &mut out).err();
                }
            })
        }));
        let error = match (read, failed) {
            (Ok(more), None) => return more.map_err(MapFault::Read),
            (Ok(_), Some(error)) => error,
            (Err(panic), _) => {
                JobError::new(format!("the mapper panicked: {}", panic_message(&*panic)))
            }
        };
        let at = Some(at.get());
        Err(MapFault::Job { at, error })
    }

    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault> {
        let mut out = Emitter::new(out, &[]);
        let done = catch_unwind(AssertUnwindSafe(|| self.0.teardown(&mut out)));
        let error = match done {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(panic) => JobError::new(format!("the mapper panicked: {}", panic_message(&*panic))),
        };
        Err(MapFault::Job { at: None, error })
    }
}

struct CombinerTask<C>(C);

impl<C: Combiner> CombineTask for CombinerTask<C> {
    fn combine(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError> {
        let view = C::Key::view(key).ok_or_else(|| type_error("key", key))?;
        let mut values = Values::new(values);
        self.0.combine(view, &mut values, &mut Combined::new(put))?;
        match values.is_mistyped() {
            true => Err(type_error("value of the key", key)),
            false => Ok(()),
        }
    }
}

struct ReducerTask<R>(R);

impl<R: Reducer> ReduceTask for ReducerTask<R> {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        let view = R::Key::view(key).ok_or_else(|| type_error("key", key))?;
        let mut values = Values::new(values);
        self.0.reduce(view, &mut values, &mut Rows::new(out))?;
        match values.is_mistyped() {
            true => Err(type_error("value of the key", key)),
            false => Ok(()),
        }
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        self.0.teardown(&mut Rows::new(out))
    }
}

#[cold]
fn type_error(item: &str, key: &[u8]) -> JobError {
    let key = String::from_utf8_lossy(&key[..key.len().min(60)]).into_owned();
    JobError::permanent(format!(
        "a {item} {key:?} does not have the type that the job declares; run master and workers of the same version"
    ))
}
