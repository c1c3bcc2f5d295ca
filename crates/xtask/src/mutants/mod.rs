//! `mutants`: what keeps jobs exact is removed, one thing at a time, and tests must fail for it.
//!
//! Each mutation is a replacement of a few words (`list.rs`), made in a copy of the sources below the target
//! folder, which is built there and kept, so that the next one takes an incremental build. A mutation is killed by
//! a test that fails by an assertion; what does not compile, or runs no test, has shown nothing and is an error.

mod list;
mod tests_of;
mod tree;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::packages::ensure_redis;
use crate::workspace;
use list::{MUTANTS, Mutant};
use tests_of::{Verdict, judge};
use tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The mutations to make; all of them if none is named.
    names: Vec<String>,
    /// Tell which there are, and make none.
    #[arg(long)]
    list: bool,
}

/// What became of a mutation.
struct Row {
    name: &'static str,
    killed_by: Vec<String>,
    took: Duration,
}

/// Makes the mutations one after the other; an error if one survives.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let chosen = chosen(&args.names)?;
    if args.list {
        for mutant in chosen {
            println!("{:<20} {}", mutant.name, mutant.removes);
        }
        return Ok(());
    }
    ensure_redis()?;
    let tree = Tree::copy(workspace::root(), &workspace::target().join("mutants"))?;
    check_baseline(&tree, &chosen)?;
    let mut rows = Vec::new();
    for mutant in &chosen {
        let row = make(&tree, mutant)?;
        println!("{}", line(&row));
        rows.push(row);
    }
    println!("\n{:<20} {:>6}  killed by", "mutation", "time");
    rows.iter().for_each(|row| println!("{}", line(row)));
    let survivors: Vec<_> = rows.iter().filter(|row| row.killed_by.is_empty()).collect();
    let names: Vec<_> = survivors.iter().map(|row| row.name).collect();
    ensure!(
        names.is_empty(),
        "no test fails without {}: write one",
        names.join(", ")
    );
    println!("mutations: {} made, all killed", rows.len());
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
fn check_baseline(tree: &Tree, chosen: &[&Mutant]) -> anyhow::Result<()> {
    let mut killers: Vec<_> = chosen.iter().flat_map(|mutant| mutant.killers).collect();
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
fn make(tree: &Tree, mutant: &Mutant) -> anyhow::Result<Row> {
    let start = Instant::now();
    let made = tree.mutate(mutant)?;
    let mut killed_by = Vec::new();
    for killer in mutant.killers {
        let verdict = judge(tree, killer).with_context(|| format!("the mutation {}", mutant.name));
        if let Verdict::Failed(tests) = verdict? {
            killed_by.extend(tests);
            break;
        }
    }
    made.take_back()?;
    Ok(Row {
        name: mutant.name,
        killed_by,
        took: start.elapsed(),
    })
}

fn line(row: &Row) -> String {
    let killed_by = match row.killed_by.is_empty() {
        true => "NOTHING: it survives".to_owned(),
        false => row.killed_by.join(", "),
    };
    format!("{:<20} {:>4} s  {killed_by}", row.name, row.took.as_secs())
}
