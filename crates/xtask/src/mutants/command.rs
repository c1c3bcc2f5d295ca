//! The command `cargo xtask mutants`.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use devtools::packages::ensure_redis;
use devtools::table::Table;
use devtools::workspace;

use super::judge::{Verdict, judge};
use super::killer::{Killer, Kind};
use super::list::MUTANTS;
use super::mutant::Mutant;
use super::tree::Tree;

/// Arguments of `cargo xtask mutants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of the mutations [default: all]
    names: Vec<String>,
    /// List the mutations and exit
    #[arg(long)]
    list: bool,
    /// Run only the simulation, on the mutations that it can notice
    #[arg(long)]
    simulate: bool,
}

/// A mutation and its outcome.
struct Row {
    mutant: &'static Mutant,
    killed_by: Vec<String>,
    took: Duration,
}

/// Makes the mutations one after the other.
///
/// # Errors
/// A mutation survives or cannot be made.
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
        "the simulation cannot notice any of these mutations"
    );
    ensure_redis()?;
    let tree = Tree::copy(workspace::root(), &workspace::target().join("mutants"))?;
    let mut rows: Vec<Row> = chosen.into_iter().map(Row::new).collect();
    for kind in kinds {
        make_all(&tree, &mut rows, *kind)?;
    }
    let mut table = Table::new(&["mutation", "time", "killed by"]);
    rows.iter().for_each(|row| table.row(cells(row)));
    print!("\n{}", table.markdown());
    let survivors: Vec<_> = rows.iter().filter(|row| row.killed_by.is_empty()).collect();
    let names: Vec<_> = survivors.iter().map(|row| row.mutant.name).collect();
    let names = names.join(", ");
    match (names.is_empty(), args.simulate) {
        (true, _) => println!("mutations: {} made, all killed", rows.len()),
        (false, false) => {
            bail!("no test noticed the mutations {names}; add tests that fail for them")
        }
        (false, true) => bail!("the simulation did not notice the mutations {names}"),
    }
    Ok(())
}

/// Makes the surviving mutations that tests of this kind can notice.
fn make_all(tree: &Tree, rows: &mut [Row], kind: Kind) -> anyhow::Result<()> {
    let is_left = |row: &&mut Row| row.killed_by.is_empty() && row.mutant.killers(kind).count() > 0;
    let mut left: Vec<_> = rows.iter_mut().filter(is_left).collect();
    if left.is_empty() {
        return Ok(());
    }
    check_baseline(tree, left.iter().flat_map(|row| row.mutant.killers(kind)))?;
    for row in &mut left {
        make(tree, row, kind)?;
        println!("{}", cells(row).join("  "));
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
        found.with_context(|| format!("there is no mutation {name}; --list prints all names"))
    };
    names.iter().map(find).collect()
}

/// Checks that the tests pass without a mutation. A test that always fails would kill every mutation.
fn check_baseline(
    tree: &Tree,
    killers: impl Iterator<Item = &'static Killer>,
) -> anyhow::Result<()> {
    let mut killers: Vec<_> = killers.collect();
    killers.sort();
    killers.dedup();
    println!("tests without mutations:");
    for killer in killers {
        match judge(tree, killer)? {
            Verdict::Passed => println!("  {killer}: passes"),
            Verdict::Failed(tests) => bail!("{} failed without any mutation", tests.join(", ")),
        }
    }
    Ok(())
}

/// Makes one mutation, runs its killers and reverts it.
fn make(tree: &Tree, row: &mut Row, kind: Kind) -> anyhow::Result<()> {
    let (start, mutant) = (Instant::now(), row.mutant);
    let made = tree.mutate(mutant)?;
    for killer in mutant.killers(kind) {
        let verdict = judge(tree, killer).with_context(|| format!("mutation {}", mutant.name));
        if let Verdict::Failed(tests) = verdict? {
            row.killed_by.extend(tests);
            break;
        }
    }
    made.revert()?;
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

/// Returns the row of the table for a mutation.
fn cells(row: &Row) -> Vec<String> {
    let killed_by = match row.killed_by.is_empty() {
        true => "nothing, it survives".to_owned(),
        false => row.killed_by.join(", "),
    };
    let time = format!("{} s", row.took.as_secs());
    vec![row.mutant.name.to_owned(), time, killed_by]
}
