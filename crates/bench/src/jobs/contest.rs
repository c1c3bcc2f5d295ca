//! A contest: several commands do the same work in alternating rounds.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::setup::Setup;
use crate::figures::{Run, Series, cpu, peak, wall};
use crate::measure::measure;
use crate::paths::utf8;
use crate::rounds::order;
use devtools::table::Table;
use devtools::workspace::release_binary;

/// A command that takes part.
#[derive(Debug)]
pub(super) struct Entrant {
    name: String,
    program: PathBuf,
    args: Vec<String>,
    /// File that it writes.
    output: PathBuf,
}

/// Condition that all outputs must meet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// All outputs are equal byte for byte and not empty.
    Equal,
    /// The numbers in each output, one per line, add up to this sum.
    Sum(u64),
}

impl Entrant {
    /// Returns `mapreduce run` on `input` with these arguments.
    pub(super) fn ours(
        setup: &Setup,
        name: &str,
        slots: usize,
        input: &Path,
        args: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = utf8(setup.folder.path())?;
        // The extension `.txt` selects the plain text format.
        let file = format!("{}.txt", name.replace([' ', ','], "-"));
        let output = setup.folder.path().join(file);
        let mut all: Vec<String> = ["run", utf8(input)?].map(str::to_owned).to_vec();
        all.extend(["--slots".to_owned(), slots.to_string()]);
        all.extend(["--set".to_owned(), format!("worker.temp_folder={folder}")]);
        all.extend(args.iter().map(|&arg| arg.to_owned()));
        all.extend(["--output".to_owned(), utf8(&output)?.to_owned()]);
        Ok(Self {
            name: name.to_owned(),
            program: release_binary("mapreduce"),
            args: all,
            output,
        })
    }

    /// Returns the same command with another program that takes our arguments.
    pub(super) fn by(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// Returns a shell command line. It gets `args` as `$1` and so on, and its standard output is the result.
    pub(super) fn shell(
        setup: &Setup,
        name: &str,
        line: &str,
        args: &[&str],
    ) -> anyhow::Result<Self> {
        let output = setup.folder.path().join(name.replace(' ', "-"));
        let script = format!("out=$1; shift; {{ {line}; }} >\"$out\"");
        let mut all = vec!["-c", &script, "sh", utf8(&output)?];
        all.extend(args);
        Ok(Self {
            name: name.to_owned(),
            program: "sh".into(),
            args: all.into_iter().map(str::to_owned).collect(),
            output,
        })
    }
}

/// Runs every command in every round and checks the outputs.
///
/// # Errors
/// A command fails, or an output is wrong.
pub(super) fn run(
    setup: &Setup,
    entrants: &[Entrant],
    check: Check,
) -> anyhow::Result<Vec<Series>> {
    let log = setup.folder.path().join("run.log");
    let mut series: Vec<Series> = entrants
        .iter()
        .map(|entrant| Series::new(&entrant.name))
        .collect();
    for round in 0..setup.rounds {
        for index in order(round, entrants.len()) {
            let entrant = &entrants[index];
            remove(&entrant.output)?;
            let args: Vec<&str> = entrant.args.iter().map(String::as_str).collect();
            let usage = measure(&entrant.program, &args, &log)?;
            println!(
                "round {} of {}: {:<22} {:.2} s",
                round + 1,
                setup.rounds,
                entrant.name,
                usage.wall.as_secs_f64()
            );
            let cluster = None;
            series[index].runs.push((round, Run { usage, cluster }));
        }
        check.outputs(entrants)?;
    }
    for entrant in entrants {
        remove(&entrant.output)?;
    }
    Ok(series)
}

/// Removes the output of an earlier run, so that it cannot pass for one of this run.
fn remove(output: &Path) -> anyhow::Result<()> {
    match output.exists() {
        true => {
            fs::remove_file(output).with_context(|| format!("cannot remove {}", output.display()))
        }
        false => Ok(()),
    }
}

/// Returns a table with a row for each series.
///
/// `speed` is the number of bytes that each command processes, and the number of slots of each. Ratios are to the
/// series `base`.
pub(super) fn table(series: &[Series], base: usize, speed: Option<(u64, &[usize])>) -> Table {
    let mut header = vec!["program", "wall s", "min–max", "CPU s", "peak MB"];
    if speed.is_some() {
        header.push("MB/s per slot");
    }
    let against = format!("/ {}", series[base].name);
    header.extend([&against, "min–max"]);
    let mut table = Table::new(&header);
    for (index, one) in series.iter().enumerate() {
        let (Some(wall), Some(cpu), Some(peak)) =
            (one.spread(wall), one.spread(cpu), one.spread(peak))
        else {
            continue;
        };
        let mut row = vec![
            one.name.clone(),
            format!("{:.2}", wall.median),
            wall.range(2),
            format!("{:.2}", cpu.median),
            format!("{:.0}", peak.median),
        ];
        if let Some((bytes, slots)) = speed {
            let speed = bytes as f64 / 1e6 / wall.median / slots[index] as f64;
            row.push(format!("{speed:.0}"));
        }
        if let Some(ratio) = one.ratio(&series[base]) {
            row.extend([format!("{:.2}", ratio.median), ratio.range(2)]);
        }
        table.row(row);
    }
    table
}

impl Check {
    /// Checks the outputs of all commands.
    fn outputs(self, entrants: &[Entrant]) -> anyhow::Result<()> {
        for entrant in entrants {
            match self {
                Self::Equal => same_bytes(&entrants[0].output, &entrant.output),
                Self::Sum(sum) => adds_up(&entrant.output, sum),
            }
            .with_context(|| format!("the result of {} is wrong", entrant.name))?;
        }
        Ok(())
    }
}

fn adds_up(output: &Path, expected: u64) -> anyhow::Result<()> {
    let text = fs::read_to_string(output)
        .with_context(|| format!("cannot read output {}", output.display()))?;
    let numbers = text.split_whitespace().map(str::parse::<u64>);
    let sum: u64 = numbers
        .sum::<Result<u64, _>>()
        .with_context(|| format!("{} contains text that is not a number", output.display()))?;
    ensure!(
        sum == expected,
        "the numbers add up to {sum} instead of {expected}"
    );
    Ok(())
}

/// Compares two files block by block, because they are as large as the input.
fn same_bytes(expected: &Path, output: &Path) -> anyhow::Result<()> {
    let open = |path: &Path| {
        let file =
            File::open(path).with_context(|| format!("cannot open output {}", path.display()))?;
        anyhow::Ok(BufReader::with_capacity(1 << 20, file))
    };
    let (mut one, mut other) = (open(expected)?, open(output)?);
    let mut at = 0;
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let len = left.len().min(right.len());
        if left[..len] != right[..len] || (len == 0 && left.len() != right.len()) {
            bail!(
                "{} and {} differ within 1 MiB after byte {at}",
                expected.display(),
                output.display()
            );
        }
        if len == 0 {
            ensure!(at > 0, "{} is empty", output.display());
            return Ok(());
        }
        one.consume(len);
        other.consume(len);
        at += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_outputs_that_are_not_empty_pass() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let check = |left: &[u8], right: &[u8]| {
            fs::write(&one, left).unwrap();
            fs::write(&other, right).unwrap();
            same_bytes(&one, &other).is_ok()
        };
        let mut large = vec![b'x'; 3 << 20];
        let before = large.clone();
        assert!(check(&large, &large));
        large[(2 << 20) + 5] = b'y';
        assert!(!check(&before, &large));
        assert!(!check(b"ab", b"abc"));
        assert!(!check(b"abc", b"ab"));
        assert!(!check(b"", b""));
    }

    #[test]
    fn outputs_whose_numbers_add_up_pass() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("counts");
        fs::write(&output, " 3\n4\n").unwrap();
        adds_up(&output, 7).unwrap();
        assert!(adds_up(&output, 8).is_err());
        fs::write(&output, "seven\n").unwrap();
        assert!(adds_up(&output, 7).is_err());
    }
}
