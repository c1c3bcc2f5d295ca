//! The part `embedded`: alternating rounds of our run and its peers on one large CSV file.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context, ensure};

use super::figures::{Series, median, ratio, table};
use super::peers::{Peer, System};
use super::{Args, duckdb, folder, verdict};
use crate::workspace::build_release;

/// Peak memory that the embedded run may use, in bytes.
const MEMORY: u64 = 512 << 20;

pub(super) fn run(args: &Args, input: &Path) -> anyhow::Result<()> {
    let folder = folder()?;
    let systems = systems(args);
    build_release(if args.peers_only {
        &["xtask"]
    } else {
        &["xtask", "cli"]
    })?;
    if args.peers.contains(&Peer::Duckdb) {
        duckdb::prepare(&folder)?;
    }
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };

    let size = warm_up(input)?;
    println!(
        "{}: {:.1} MB, {threads} threads, {} rounds",
        input.display(),
        size as f64 / 1e6,
        args.rounds
    );
    let mut series: Vec<Series> = systems
        .iter()
        .map(|system| Series {
            name: system.name(),
            runs: Vec::new(),
        })
        .collect();
    for round in 0..args.rounds as usize {
        for turn in 0..systems.len() {
            // Another program begins each round, so that none always follows the same one.
            let index = (round + turn) % systems.len();
            let usage = systems[index].run(input, &folder, threads)?;
            println!(
                "round {} of {}: {:<14} {:.2} s",
                round + 1,
                args.rounds,
                systems[index].name(),
                usage.wall.as_secs_f64()
            );
            series[index].runs.push(usage);
        }
    }
    check_results(&systems, &folder)?;
    println!("\n{}", table(&series));
    judge(&systems, &series);
    Ok(())
}

fn systems(args: &Args) -> Vec<System> {
    let ours = (!args.peers_only).then_some(System::Ours);
    let mut systems: Vec<System> = ours.into_iter().collect();
    systems.extend(args.peers.iter().copied().map(System::Peer));
    systems
}

/// Reads the file once, so that the first run finds it in memory like the others; returns its length.
fn warm_up(input: &Path) -> anyhow::Result<u64> {
    File::open(input)
        .and_then(|mut file| io::copy(&mut file, &mut io::sink()))
        .with_context(|| format!("cannot read {}", input.display()))
}

/// Compares all results with the serial program's.
fn check_results(systems: &[System], folder: &Path) -> anyhow::Result<()> {
    let serial = System::Peer(Peer::Serial);
    if !systems.contains(&serial) {
        println!("results not compared: no serial run");
        return Ok(());
    }
    let baseline = serial.output(folder);
    for &system in systems {
        match system {
            System::Ours => {
                let (ours, expected) = (fs::read(system.output(folder))?, fs::read(&baseline)?);
                ensure!(
                    ours == expected,
                    "{} differs from {}",
                    system.output(folder).display(),
                    baseline.display()
                );
            }
            System::Peer(Peer::Duckdb) => duckdb::check(&system.output(folder), &baseline)?,
            System::Peer(Peer::Serial) => {}
        }
    }
    println!("results are equal");
    Ok(())
}

/// Compares our figures with the targets.
fn judge(systems: &[System], series: &[Series]) {
    let find = |system| {
        systems
            .iter()
            .position(|&other| other == system)
            .map(|i| &series[i])
    };
    let Some(ours) = find(System::Ours) else {
        return;
    };
    if let Some(serial) = find(System::Peer(Peer::Serial)) {
        let times = 1.0 / ratio(ours, serial);
        verdict(
            "times as fast as serial Rust",
            times,
            "",
            times >= 3.0,
            "at least 3",
        );
    }
    if let Some(duckdb) = find(System::Peer(Peer::Duckdb)) {
        let ratio = ratio(ours, duckdb);
        verdict("wall time / DuckDB", ratio, "", ratio <= 1.0, "at most 1");
    }
    let peaks: Vec<u64> = ours.runs.iter().map(|run| run.peak).collect();
    let most = peaks
        .iter()
        .copied()
        .max()
        .unwrap_or_else(|| median(&peaks));
    verdict(
        "peak memory",
        most as f64 / f64::from(1 << 20),
        " MiB",
        most <= MEMORY,
        "at most 512 MiB",
    );
}
