//! The command `cargo xtask bench`.

use crate::args::{Args, Part};
use crate::report::Report;
use crate::{compare, data, empty_tasks, jobs, latency, micro, recovery, scale, scan, stragglers};

/// Builds the programs, generates the data, measures and reports.
///
/// # Errors
/// A program fails or rejects its settings, or a result differs from that of the serial program.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut report = Report::default();
    if args.includes(Part::Systems) {
        compare::run(args, &mut report)?;
    }
    if args.includes(Part::Scale) {
        scale::run(args, &mut report)?;
    }
    if args.includes(Part::EmptyTasks) {
        empty_tasks::run(args, &mut report)?;
    }
    if args.includes(Part::Latency) {
        latency::run(args, &mut report)?;
    }
    if args.includes(Part::Scan) {
        scan::run(&data::input(args.rows, args.seed)?, &mut report)?;
    }
    if args.includes(Part::Jobs) {
        jobs::run(args, &mut report)?;
    }
    if args.includes(Part::Stragglers) {
        stragglers::run(args, &mut report)?;
    }
    if args.includes(Part::Recovery) {
        recovery::run(args, &mut report)?;
    }
    if args.includes(Part::Micro) {
        micro::run(&mut report)?;
    }
    report.finish(args.report.as_deref())
}
