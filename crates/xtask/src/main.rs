//! Automation of the project: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its user"
)]

mod base_images;
mod bench;
mod book;
mod chaos;
mod fuzz;
mod gen_data;
mod matrix;
mod measure;
mod messages;
mod mutants;
mod packages;
mod rng;
mod simulate;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Automation of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Install what the tests need and is missing, then run every test.
    Test(test::Args),
    /// Write customer-support tweets as CSV: any amount, the same bytes for the same seed.
    GenData(gen_data::Args),
    /// Measure speed and memory next to the obvious program and to DuckDB.
    Bench(bench::Args),
    /// Simulate whole clusters under faults, each in one thread under one seed.
    Simulate(simulate::Args),
    /// Run jobs on real processes, kill them at random, compare every byte.
    Chaos(chaos::Args),
    /// Run the tests of each row of the fault matrix in docs/concepts/guarantees.md, as often as asked.
    Matrix(matrix::Args),
    /// Try millions of inputs on everything that reads bytes which others wrote.
    Fuzz(fuzz::Args),
    /// Remove what keeps jobs exact, one thing at a time: tests must fail for each.
    Mutants(mutants::Args),
    /// Check the conventions of the code: cycles of modules, module style, names, dependencies.
    Tidy(tidy::Args),
    /// Write the list of all messages that users see, or compare it with the sources
    Messages(messages::Args),
    /// Build the documentation as HTML, into target/book.
    Book(book::Args),
    /// Build stand-ins for the base images where no container registry can be reached.
    BaseImages(base_images::Args),
    /// Run one command and write what it used; for `bench`.
    #[command(hide = true)]
    Measure(measure::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Test(args) => test::run(&args),
        Command::GenData(args) => gen_data::run(&args),
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
