//! Configuration of a test cluster.

use crate::data::Data;

/// Input, settings and Redis options of a cluster.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) data: Data,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) redis_arguments: Vec<String>,
    pub(crate) redis_wrapper: Vec<String>,
}

impl Config {
    /// Returns the configuration that most tests use.
    ///
    /// The job aggregates by shuffle, with splits of 16 KiB and four reduce tasks. Leases last a second, workers
    /// have two slots, and there are no checkpoints. The logs report the reply to each commit.
    pub fn new(data: Data) -> Self {
        let config = Self {
            data,
            settings: Vec::new(),
            redis_arguments: Vec::new(),
            redis_wrapper: Vec::new(),
        };
        config
            .set("input.split_size", "16KiB")
            .set("job.reduces", "4")
            .set("worker.lease", "1s")
            .set("worker.slots", "2")
            .set("checkpoint.interval", "0")
            .set("log.level", "info,worker=debug")
    }

    /// Switches to live aggregation: Redis sums with every commit, and there are no reduce tasks.
    #[must_use]
    pub fn live(self) -> Self {
        self.set("job.aggregate", "live")
    }

    /// Sets a setting of all processes.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds arguments of `redis-server`.
    #[must_use]
    pub fn redis(mut self, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&text| text.to_owned());
        self.redis_arguments.extend(arguments);
        self
    }

    /// Starts `redis-server` through a wrapper command; see
    /// [`RedisServer::start_through`](crate::redis_server::RedisServer::start_through).
    #[must_use]
    pub fn redis_through(mut self, wrapper: &[&str]) -> Self {
        let wrapper = wrapper.iter().map(|&text| text.to_owned());
        self.redis_wrapper.extend(wrapper);
        self
    }
}
