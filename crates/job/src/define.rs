//! A [`Job`] out of the traits.

use std::cell::Cell as Place;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{
    Cell, Combined, Combiner, Datum, Emitter, Job, JobInfo, MapFault, MapSink, MapTask, Mapper,
    Reducer, Rows, TaskContext, TextKey, Values,
};
use mapreduce_core::{JobError, Params, Shape};
use mapreduce_core::{Partitioning, panic_message};
use mapreduce_formats::reader::Records;
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{CombineTask, RawValues, ReduceTask};

/// Begins to define a job.
pub fn define(info: JobInfo) -> Undefined {
    Undefined(info)
}

/// A job without a mapper.
#[derive(Debug)]
pub struct Undefined(JobInfo);

impl Undefined {
    /// Its mapper; `make` makes one for every attempt.
    pub fn mapper<M, F>(self, make: F) -> Mapped<M>
    where
        M: Mapper + 'static,
        F: Fn() -> M + Send + Sync + 'static,
    {
        Mapped {
            info: self.0,
            mapper: Arc::new(make),
        }
    }
}

type Maker<T> = Arc<dyn Fn() -> T + Send + Sync>;
type ErasedMaker<T> = Arc<dyn Fn(&TaskContext) -> Result<Box<T>, JobError> + Send + Sync>;
type ShapeMaker = Arc<dyn Fn(&Params, Shape) -> Result<Shape, JobError> + Send + Sync>;
type Partitioner = Arc<dyn Fn(&[u8], u32) -> u32 + Send + Sync>;

/// A job without a reducer.
pub struct Mapped<M> {
    info: JobInfo,
    mapper: Maker<M>,
}

impl<M: Mapper + 'static> Mapped<M> {
    /// Adds its values up by key: no reducer is needed, and nothing is faster.
    pub fn sum(self) -> Definition
    where
        M: Mapper<Value = u64, Key: TextKey>,
    {
        self.finish(Shape::sum(), None)
    }

    /// Its reducer; `make` makes one for every attempt.
    pub fn reducer<R, F>(self, make: F) -> Definition
    where
        R: Reducer<Key = M::Key, Value = M::Value> + 'static,
        F: Fn() -> R + Send + Sync + 'static,
    {
        let reducer: ErasedMaker<dyn ReduceTask> = Arc::new(move |context| {
            let mut reducer = make();
            reducer.setup(context)?;
            Ok(Box::new(Reducing(reducer)))
        });
        self.finish(Shape::groups(R::OutValue::kind()), Some(reducer))
    }

    fn finish(self, shape: Shape, reducer: Option<ErasedMaker<dyn ReduceTask>>) -> Definition {
        let make = self.mapper;
        let mapper: ErasedMaker<dyn MapTask> = Arc::new(move |context| {
            let mut mapper = make();
            mapper.setup(context)?;
            Ok(Box::new(Mapping(mapper)))
        });
        Definition {
            info: self.info,
            shape,
            reshape: None,
            mapper,
            combiner: None,
            reducer,
            partition: None,
        }
    }
}

impl<M> fmt::Debug for Mapped<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mapped").field(&self.info).finish()
    }
}

/// A job that is whole. What follows can be added.
pub struct Definition {
    info: JobInfo,
    shape: Shape,
    reshape: Option<ShapeMaker>,
    mapper: ErasedMaker<dyn MapTask>,
    combiner: Option<ErasedMaker<dyn CombineTask>>,
    reducer: Option<ErasedMaker<dyn ReduceTask>>,
    partition: Option<Partitioner>,
}

impl Definition {
    /// Its combiner; `make` makes one for every attempt. Its keys and values must be the mapper's.
    #[must_use]
    pub fn combiner<C, F>(mut self, make: F) -> Self
    where
        C: Combiner + 'static,
        F: Fn() -> C + Send + Sync + 'static,
    {
        self.combiner = Some(Arc::new(move |_| Ok(Box::new(Combining(make())))));
        self.shape.combine = true;
        self
    }

    /// Changes the shape, knowing the parameters; here is the place to refuse wrong ones.
    #[must_use]
    pub fn shape<F>(mut self, reshape: F) -> Self
    where
        F: Fn(&Params, Shape) -> Result<Shape, JobError> + Send + Sync + 'static,
    {
        self.reshape = Some(Arc::new(reshape));
        self
    }

    /// Which of so many partitions a key goes to; the answer must be below their number.
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

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        (self.mapper)(context)
    }

    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        self.combiner.as_ref().map(|make| make(context)).transpose()
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        match &self.reducer {
            Some(make) => make(context),
            None => Err(JobError::hopeless("the job has no reducer")),
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

struct Mapping<M>(M);

impl<M: Mapper> MapTask for Mapping<M> {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let at = Place::new(0);
        let mut failed = None;
        // What a panic leaves behind is thrown away with the attempt.
        let read = catch_unwind(AssertUnwindSafe(|| {
            records.batch(|record| {
                if failed.is_none() {
                    at.set(record.offset());
                    let mut out = Emitter::new(out, record.text);
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

struct Combining<C>(C);

impl<C: Combiner> CombineTask for Combining<C> {
    fn combine(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError> {
        let view = C::Key::view(key).ok_or_else(|| mistyped("key", key))?;
        let mut values = Values::new(values);
        self.0.combine(view, &mut values, &mut Combined::new(put))?;
        match values.is_bad() {
            true => Err(mistyped("value of the key", key)),
            false => Ok(()),
        }
    }
}

struct Reducing<R>(R);

impl<R: Reducer> ReduceTask for Reducing<R> {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        let view = R::Key::view(key).ok_or_else(|| mistyped("key", key))?;
        let mut values = Values::new(values);
        self.0.reduce(view, &mut values, &mut Rows::new(out))?;
        match values.is_bad() {
            true => Err(mistyped("value of the key", key)),
            false => Ok(()),
        }
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        self.0.teardown(&mut Rows::new(out))
    }
}

#[cold]
fn mistyped(what: &str, key: &[u8]) -> JobError {
    let key = String::from_utf8_lossy(&key[..key.len().min(60)]).into_owned();
    JobError::hopeless(format!(
        "a {what} {key:?} is not of the type that the job declares; run master and workers of the same version"
    ))
}
