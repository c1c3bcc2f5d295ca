//! A contest: several commands do the same in alternating rounds.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::Setting;
use crate::bench::figures::{Run, Series, cpu, peak, wall};
use crate::bench::rounds::order;
use crate::bench::system::utf8;
use crate::bench::table::Table;
use crate::measure::measure;
use crate::workspace::release_binary;

/// A command that takes part.
#[derive(Debug)]
pub(super) struct Entrant {
    name: String,
    program: PathBuf,
    args: Vec<String>,
    /// The file that it writes.
    output: PathBuf,
}

/// What must be true of outputs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// All are equal, byte for byte, and hold something.
    Equal,
    /// The numbers in each, one a line, add up to this one.
    Sum(u64),
}

impl Entrant {
    /// `mapreduce run` on the input `input`, with these arguments.
    pub(super) fn ours(
        setting: &Setting,
        name: &str,
        slots: usize,
        input: &Path,
        args: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = utf8(setting.folder.path())?;
        // The ending asks for lines as they are.
        let file = format!("{}.txt", name.replace([' ', ','], "-"));
        let output = setting.folder.path().join(file);
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

    /// The same by another program that takes our arguments.
    pub(super) fn by(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// A line of the shell, which finds `args` as `$1` and so on; its standard output is what it writes.
    pub(super) fn shell(
        setting: &Setting,
        name: &str,
        line: &str,
        args: &[&str],
    ) -> anyhow::Result<Self> {
        let output = setting.folder.path().join(name.replace(' ', "-"));
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

/// Runs everybody in every round, and checks what they wrote.
///
/// # Errors
/// A command that fails, or an output that is wrong.
pub(super) fn run(
    setting: &Setting,
    entrants: &[Entrant],
    check: Check,
) -> anyhow::Result<Vec<Series>> {
    let log = setting.folder.path().join("run.log");
    let mut series: Vec<Series> = entrants
        .iter()
        .map(|entrant| Series::new(&entrant.name))
        .collect();
    for round in 0..setting.rounds {
        for index in order(round, entrants.len()) {
            let entrant = &entrants[index];
            remove(&entrant.output)?;
            let args: Vec<&str> = entrant.args.iter().map(String::as_str).collect();
            let usage = measure(&entrant.program, &args, &log)?;
            println!(
                "round {} of {}: {:<22} {:.2} s",
                round + 1,
                setting.rounds,
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

/// A result of an earlier run must not pass for one of this run.
fn remove(output: &Path) -> anyhow::Result<()> {
    match output.exists() {
        true => {
            fs::remove_file(output).with_context(|| format!("cannot remove {}", output.display()))
        }
        false => Ok(()),
    }
}

/// A row for each; `speed` is what each moves, in bytes and as how many slots or programs, and ratios are to the
/// series `base`.
pub(super) fn table(series: &[Series], base: usize, speed: Option<(u64, &[usize])>) -> Table {
    let mut header = vec!["program", "wall s", "min–max", "CPU s", "peak MB"];
    if speed.is_some() {
        header.push("MB/s a slot");
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
        .with_context(|| format!("cannot read the output {}", output.display()))?;
    let numbers = text.split_whitespace().map(str::parse::<u64>);
    let sum: u64 = numbers
        .sum::<Result<u64, _>>()
        .with_context(|| format!("{} holds more than numbers", output.display()))?;
    ensure!(
        sum == expected,
        "the numbers add up to {sum} and should to {expected}"
    );
    Ok(())
}

/// Compares files without holding them: they are as large as the input.
fn same_bytes(expected: &Path, output: &Path) -> anyhow::Result<()> {
    let open = |path: &Path| {
        let file = File::open(path).with_context(|| format!("no output {}", path.display()))?;
        anyhow::Ok(BufReader::with_capacity(1 << 20, file))
    };
    let (mut one, mut other) = (open(expected)?, open(output)?);
    let mut at = 0;
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let len = left.len().min(right.len());
        if left[..len] != right[..len] || (len == 0 && left.len() != right.len()) {
            bail!(
                "{} and {} differ within 1 MiB behind byte {at}",
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
    fn outputs_must_be_equal_to_their_last_byte_and_hold_something() {
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
    fn counts_must_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("counts");
        fs::write(&output, " 3\n4\n").unwrap();
        adds_up(&output, 7).unwrap();
        assert!(adds_up(&output, 8).is_err());
        fs::write(&output, "seven\n").unwrap();
        assert!(adds_up(&output, 7).is_err());
    }
}
