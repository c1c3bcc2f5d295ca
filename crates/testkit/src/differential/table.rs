//! Random tables.

use super::cells::CellKind;
use super::limits::{Limits, TableFormat};
use super::names::names;
use super::random::Random;
use super::table_file::{FileStyle, csv_file, json_file};

/// A table, which consists of one file or several.
#[derive(Debug)]
pub(super) struct Table {
    /// Names of the columns, as parameters refer to them.
    pub(super) names: Vec<String>,
    pub(super) kinds: Vec<CellKind>,
    /// True if a number names the same column in every file.
    pub(super) has_numbers: bool,
    /// Names and bytes of the files.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Some of the cells.
    pub(super) sample: Vec<String>,
}

impl Table {
    pub(super) fn new(random: &mut Random, limits: &Limits) -> Self {
        let most = if random.one_in(5) {
            limits.columns
        } else {
            limits.columns.min(6)
        };
        let width = random.within(1..=most);
        let is_json = limits.format == TableFormat::Ndjson;
        let names = match limits.has_header {
            true => names(random, width, !is_json),
            false => (1..=width).map(|number| format!("c{number}")).collect(),
        };
        let mut kinds: Vec<_> = (0..width).map(|_| kind(random, limits)).collect();
        if random.one_in(30) {
            kinds.fill(CellKind::Empty);
        }
        let mut table = Self {
            has_numbers: !is_json,
            names,
            kinds,
            files: Vec::new(),
            sample: Vec::new(),
        };
        table.add_files(random, limits);
        table
    }

    fn add_files(&mut self, random: &mut Random, limits: &Limits) {
        let count = if random.one_in(3) {
            random.within(2..=4)
        } else {
            1
        };
        let most = match random.up_to(9) {
            0 => 0,
            1..=6 => limits.rows.min(12),
            7 | 8 => limits.rows.min(60),
            _ => limits.rows,
        };
        let repeats = (1..self.names.len()).any(|nth| self.names[..nth].contains(&self.names[nth]));
        let is_fixed = !limits.has_header || repeats;
        for nth in 0..count {
            let mut order: Vec<usize> = (0..self.names.len()).collect();
            if nth > 0 && !is_fixed && random.one_in(2) {
                order = random.order(order.len());
                if limits.may_differ && random.one_in(3) {
                    order.truncate(random.within(1..=order.len()));
                }
                self.has_numbers &= limits.may_differ;
            }
            // Without a header, a table needs a row to have columns.
            let least = usize::from(!limits.has_header);
            let rows: Vec<Vec<String>> = (0..random.up_to(most / count).max(least))
                .map(|_| {
                    order
                        .iter()
                        .map(|column| self.kinds[*column].cell(random))
                        .collect()
                })
                .collect();
            self.sample.extend(rows.iter().flatten().take(20).cloned());
            let names: Vec<&str> = order.iter().map(|column| &*self.names[*column]).collect();
            let style = FileStyle::any(random, limits);
            let mut bytes = match limits.format {
                TableFormat::Ndjson => json_file(random, &style, &names, &rows),
                _ => csv_file(
                    random,
                    &style,
                    limits.has_header.then_some(&names[..]),
                    &rows,
                ),
            };
            if nth > 0 && random.one_in(20) {
                bytes = Vec::new();
            }
            self.files.push(style.finished(nth, bytes));
        }
    }

    /// Returns the columns with numbers, or all columns if there are none.
    pub(super) fn number_columns(&self) -> Vec<usize> {
        self.columns_of(&[CellKind::Number, CellKind::LocalNumber, CellKind::Weight])
    }

    /// Returns the columns of these kinds, or all columns if there are none.
    pub(super) fn columns_of(&self, kinds: &[CellKind]) -> Vec<usize> {
        let all = 0..self.names.len();
        let some: Vec<usize> = all
            .clone()
            .filter(|nth| kinds.contains(&self.kinds[*nth]))
            .collect();
        if some.is_empty() { all.collect() } else { some }
    }
}

fn kind(random: &mut Random, limits: &Limits) -> CellKind {
    match CellKind::any(random) {
        CellKind::Number if limits.is_local => CellKind::LocalNumber,
        kind => kind,
    }
}
