//! `mutants`: what keeps jobs exact is removed, one thing at a time, and tests must fail for it.
//!
//! Each mutation is a replacement of a few words (`list.rs`), made in a copy of the sources below the target
//! folder, which is built there and kept, so that the next one takes an incremental build. A mutation is killed by
//! a test that fails by an assertion; what does not compile, or runs no test, has shown nothing and is an error.
//!
//! What the tests of its part do not notice, the simulation of whole clusters may, if the mutation is of that kind:
//! `--simulate` asks it alone.

mod list;
mod tests_of;
mod tree;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::packages::ensure_redis;
use crate::workspace;
use list::{MUTANTS, Mutant};
use tests_of::{Killer, Kind, Verdict, judge};
use tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The mutations to make; all of them if none is named.
    names: Vec<String>,
    /// Tell which there are, and make none.
    #[arg(long)]
    list: bool,
    /// Ask the simulation alone, of those that it may notice.
    #[arg(long)]
    simulate: bool,
}

/// A mutation, and what became of it.
struct Row {
    mutant: &'static Mutant,
    killed_by: Vec<String>,
    took: Duration,
}

/// Makes the mutations one after the other; an error if one survives.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let kinds: &[Kind] = match args.simulate {
        true => &[Kind::Simulation],
        false => &[Kind::Tests, Kind::Simulation],
    };
    let mut chosen = chosen(&args.names)?;
    chosen.retain(|mutant| kinds.iter().any(|kind| mutant.killers(*kind).count() > 0));
    if args.list {
        for mutant in chosen {
            println!("{:<20} {}", mutant.name, mutant.removes);
        }
        return Ok(());
    }
    ensure!(
        !chosen.is_empty(),
        "the simulation is not asked about any of these"
    );
    ensure_redis()?;
    let tree = Tree::copy(workspace::root(), &workspace::target().join("mutants"))?;
    let mut rows: Vec<Row> = chosen.into_iter().map(Row::new).collect();
    for kind in kinds {
        make_all(&tree, &mut rows, *kind)?;
    }
    println!("\n{:<20} {:>6}  killed by", "mutation", "time");
    rows.iter().for_each(|row| println!("{}", line(row)));
    let survivors: Vec<_> = rows.iter().filter(|row| row.killed_by.is_empty()).collect();
    let names: Vec<_> = survivors.iter().map(|row| row.mutant.name).collect();
    let names = names.join(", ");
    match (names.is_empty(), args.simulate) {
        (true, _) => println!("mutations: {} made, all killed", rows.len()),
        (false, false) => bail!("no test fails without {names}: write one"),
        (false, true) => bail!("the simulation alone does not notice {names}"),
    }
    Ok(())
}

/// Makes those that still live and that tests of this kind may notice.
fn make_all(tree: &Tree, rows: &mut [Row], kind: Kind) -> anyhow::Result<()> {
    let is_left = |row: &&mut Row| row.killed_by.is_empty() && row.mutant.killers(kind).count() > 0;
    let mut left: Vec<_> = rows.iter_mut().filter(is_left).collect();
    if left.is_empty() {
        return Ok(());
    }
    check_baseline(tree, left.iter().flat_map(|row| row.mutant.killers(kind)))?;
    for row in &mut left {
        make(tree, row, kind)?;
        println!("{}", line(row));
    }
    Ok(())
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Mutant>> {
    let all: Vec<_> = MUTANTS.iter().copied().flatten().collect();
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        let found = all.iter().copied().find(|mutant| mutant.name == name);
        found.with_context(|| format!("there is no mutation {name}; --list tells which there are"))
    };
    names.iter().map(find).collect()
}

/// A test that fails anyway would kill everything.
fn check_baseline(
    tree: &Tree,
    killers: impl Iterator<Item = &'static Killer>,
) -> anyhow::Result<()> {
    let mut killers: Vec<_> = killers.collect();
    killers.sort();
    killers.dedup();
    println!("the tests as they are, on the sources as they are:");
    for killer in killers {
        match judge(tree, killer)? {
            Verdict::Passed => println!("  {killer}: passes"),
            Verdict::Failed(tests) => bail!("{} fails without any mutation", tests.join(", ")),
        }
    }
    Ok(())
}

/// Makes one mutation and takes it back.
fn make(tree: &Tree, row: &mut Row, kind: Kind) -> anyhow::Result<()> {
    let (start, mutant) = (Instant::now(), row.mutant);
    let made = tree.mutate(mutant)?;
    for killer in mutant.killers(kind) {
        let verdict = judge(tree, killer).with_context(|| format!("the mutation {}", mutant.name));
        if let Verdict::Failed(tests) = verdict? {
            row.killed_by.extend(tests);
            break;
        }
    }
    made.take_back()?;
    row.took += start.elapsed();
    Ok(())
}

impl Row {
    fn new(mutant: &'static Mutant) -> Self {
        Self {
            mutant,
            killed_by: Vec::new(),
            took: Duration::ZERO,
        }
    }
}

fn line(row: &Row) -> String {
    let killed_by = match row.killed_by.is_empty() {
        true => "NOTHING: it survives".to_owned(),
        false => row.killed_by.join(", "),
    };
    let name = row.mutant.name;
    format!("{name:<20} {:>4} s  {killed_by}", row.took.as_secs())
}
