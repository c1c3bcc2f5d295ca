//! Trials: a job run in memory, with the code that runs it on a cluster.
//!
//! ```
//! use mapreduce_job::testing::Trial;
//!
//! let job = mapreduce_jobs::registry().get("word-count").unwrap();
//! let outcome = Trial::new(job).input("a.txt", "to be\nor not to be\n").run().unwrap();
//! assert_eq!(outcome.rows[..2], [("be".into(), "2".into()), ("to".into(), "2".into())]);
//! ```

mod failure;
mod input;
mod outcome;
mod reduce;
mod running;
mod trial;

pub use outcome::TrialOutcome;
pub use trial::Trial;
