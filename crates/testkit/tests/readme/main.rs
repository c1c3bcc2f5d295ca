//! Tests of the documentation: README.md, ARCHITECTURE.md, CONTRIBUTING.md, SECURITY.md and the book in docs/.
//!
//! Every command in a `sh` or `console` block falls under one rule. A command without a rule fails the test.
//!
//! | command                           | check                                                           |
//! |-----------------------------------|-----------------------------------------------------------------|
//! | `redis-server`                    | is started with these arguments, on a free port                 |
//! | `worker`                          | is started, and must end with code 0                            |
//! | `cargo run`, `cargo build`, `cargo xtask gen-data`, the programs, `redis-cli`, `head`, `cat`, `export` | runs in a scratch folder with the sample input; the output must contain what the page shows |
//! | `docker-compose`                  | must be in `.ci/readme`, word for word, which `.ci/compose` runs |
//! | other `cargo xtask`               | runs with `--help`: the command exists and takes these arguments |
//! | other `cargo`                     | the packages that it names exist                                |
//! | `.ci/run`                         | must be an executable file                                      |
//! | `git`, `cd`                       | is not checked                                                  |
//!
//! `cargo run --release` runs in the profile of this test, which is built already. Redis at 127.0.0.1:6379 is
//! replaced by the Redis of the test.
//!
//! The page of job parameters and the table of jobs in README.md are generated.
//! `UPDATE_REFERENCE=1 cargo test -p mapreduce-testkit --test readme` writes them.

mod architecture;
mod commands;
mod fault_matrix;
mod files;
mod jobs;
mod links;
mod markdown;
mod pages;
mod quotes;
mod reference;
mod rules;
mod scratch;
