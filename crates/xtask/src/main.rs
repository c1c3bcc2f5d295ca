//! Development commands: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its user"
)]

mod base_images;
mod book;
mod fuzz;
mod matrix;
mod messages;
mod mutants;
mod simulate;
mod test;
mod tidy;

use std::process::ExitCode;

use bench::measure;
use clap::Parser;
use devtools::sample_data;

/// Development commands of the project
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Install missing tools of the tests, then run all tests
    Test(test::Args),
    /// Write customer support tweets as CSV, of any size and the same bytes for the same seed
    GenData(sample_data::Args),
    /// Measure speed and memory next to other programs, such as `DuckDB`
    Bench(bench::Args),
    /// Simulate clusters with faults, each in one thread under one seed
    Simulate(simulate::Args),
    /// Run jobs on real processes, kill them at random, and compare the results byte for byte
    Chaos(chaos::Args),
    /// Run the tests of each row of the fault matrix in docs/concepts/guarantees.md
    Matrix(matrix::Args),
    /// Fuzz everything that reads bytes from outside, guided by coverage
    Fuzz(fuzz::Args),
    /// Remove the code that keeps jobs exact, piece by piece, and check that tests fail
    Mutants(mutants::Args),
    /// Check the conventions of the code: cycles of modules, module style, names, dependencies
    Tidy(tidy::Args),
    /// Write the list of all messages that users see, or compare it with the sources
    Messages(messages::Args),
    /// Build the documentation as HTML, into target/book
    Book(book::Args),
    /// Build replacements for the base images on machines without a container registry
    BaseImages(base_images::Args),
    /// Run one command and write its resources to a file, for `bench`
    #[command(hide = true)]
    Measure(measure::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Test(args) => test::run(&args),
        Command::GenData(args) => sample_data::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Matrix(args) => matrix::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Messages(args) => messages::run(&args),
        Command::Book(args) => book::run(&args),
        Command::BaseImages(args) => base_images::run(&args),
        Command::Measure(args) => measure::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
