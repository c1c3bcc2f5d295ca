//! A guard of commands, for tests. With a command and a folder for temporary files as arguments, it instead runs the
//! command as a mapper, like a worker.

use std::path::PathBuf;

use mapreduce_job::{Job, MapSink, TaskContext};
use mapreduce_shuffle::{CollectOptions, PairCollector, PartitionBy, Scratch};

#[expect(
    clippy::field_reassign_with_default,
    reason = "the counters of a context are private"
)]
fn main() {
    streaming::run_guard_if_requested();
    let mut arguments = std::env::args().skip(1);
    let (Some(command), Some(folder)) = (arguments.next(), arguments.next()) else {
        return;
    };
    let mut context = TaskContext::default();
    context.params = [("mapper", command)].into_iter().collect();
    context.temp_folder = Some(PathBuf::from(folder));
    let mut task = streaming::job().mapper(&context).expect("a command");
    let scratch = Scratch {
        memory: 1 << 20,
        folder: None,
    };
    let options = CollectOptions {
        partition: PartitionBy::Hash(1),
        sort_values: false,
        compress: false,
    };
    let mut pairs = PairCollector::new(scratch, options);
    task.finish(&mut MapSink::pairs(&mut pairs))
        .expect("a command that ends");
}
