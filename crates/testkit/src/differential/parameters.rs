//! Random parameters of each job.

use super::cells::CellKind;
use super::names::{list_item, spelled};
use super::random::Random;
use super::table::Table;

/// Parameters of a job, in order.
pub(super) type Parameters = Vec<(String, String)>;

/// Table jobs.
pub(super) const JOBS: [&str; 7] = [
    "group-by",
    "join",
    "sort",
    "distinct",
    "top",
    "histogram",
    "grep",
];

/// Returns true if the job reads all columns, so that it has no columns of JSON lines.
pub(super) fn reads_all_columns(job: &str) -> bool {
    matches!(job, "join" | "sort" | "grep")
}

/// Builder of parameters.
struct Builder<'a> {
    random: &'a mut Random,
    parameters: Parameters,
}

/// Returns random parameters of a job for its tables. `is_local` is true if numbers have other separators.
pub(super) fn parameters(
    random: &mut Random,
    job: &str,
    tables: &[Table],
    is_local: bool,
) -> Parameters {
    let table = &tables[0];
    let mut builder = Builder {
        random,
        parameters: Vec::new(),
    };
    match job {
        "group-by" => builder.group_by(table),
        "join" => builder.join(table, &tables[1]),
        "sort" => builder.sort(table, is_local),
        "distinct" => builder.distinct(table),
        "top" => builder.top(table),
        "histogram" => builder.histogram(table),
        _ => builder.grep(table),
    }
    if is_local && matches!(job, "group-by" | "histogram") {
        builder.separators();
    }
    builder.parameters
}

impl Builder<'_> {
    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.parameters.push((name.to_owned(), value.into()));
    }

    /// Sets a parameter in one of `cases` cases.
    fn set_sometimes(&mut self, cases: u32, name: &str, value: &str) {
        if self.random.one_in(cases) {
            self.set(name, value);
        }
    }

    /// Sets a list of columns, unless it is empty.
    fn set_list(&mut self, name: &str, table: &Table, columns: &[usize]) {
        let items = columns.iter().map(|column| {
            let spelled = spelled(self.random, &table.names, *column, table.has_numbers);
            list_item(self.random, &spelled)
        });
        let list = items.collect::<Vec<_>>().join(",");
        if !columns.is_empty() {
            self.set(name, list);
        }
    }

    /// Sets a single column.
    fn set_column(&mut self, name: &str, table: &Table, column: usize) {
        let spelled = spelled(self.random, &table.names, column, table.has_numbers);
        let is_quoted = spelled.is_empty()
            || spelled.contains('"')
            || spelled.trim() != spelled
            || self.random.one_in(6);
        let text = match is_quoted {
            true => format!("\"{}\"", spelled.replace('"', "\"\"")),
            false => spelled,
        };
        self.set(name, text);
    }

    fn separators(&mut self) {
        self.set("decimal", ",");
        let thousands = self.random.pick(&["", ".", "space"]);
        if !thousands.is_empty() {
            self.set("thousands", thousands);
        }
    }

    /// Returns one column to three different ones.
    fn keys(&mut self, table: &Table, most: usize) -> Vec<usize> {
        let mut keys = table.columns_of(&[CellKind::Key, CellKind::Weight]);
        if self.random.one_in(3) {
            keys = (0..table.names.len()).collect();
        }
        let order = self.random.order(keys.len());
        let count = self.random.within(1..=most.min(keys.len()));
        order[..count].iter().map(|nth| keys[*nth]).collect()
    }

    fn group_by(&mut self, table: &Table) {
        let keys = self.keys(table, 3);
        self.set_list("key", table, &keys);
        self.set_sometimes(2, "count", "true");
        for aggregate in ["sum", "min", "max", "mean", "distinct"] {
            let columns = match aggregate == "distinct" || self.random.one_in(6) {
                true => (0..table.names.len()).collect(),
                false => table.number_columns(),
            };
            let some = self.random.some_of(columns.len(), 2);
            let some: Vec<_> = some.iter().map(|nth| columns[*nth]).collect();
            self.set_list(aggregate, table, &some);
        }
    }

    fn join(&mut self, left: &Table, right: &Table) {
        let (left_keys, right_keys) = (self.keys(left, 2), self.keys(right, 2));
        let count = left_keys.len().min(right_keys.len());
        self.set_list("left.key", left, &left_keys[..count]);
        self.set_list("right.key", right, &right_keys[..count]);
        let kinds = ["inner", "left", "right", "full", "semi", "anti"];
        let kind = self.random.pick(&kinds);
        self.set("kind", kind);
        self.set_sometimes(3, "compare", "number");
        if self.random.one_in(3) {
            self.select(left, right, kind);
        }
    }

    fn select(&mut self, left: &Table, right: &Table, kind: &str) {
        let mut items = Vec::new();
        for _ in 0..self.random.within(1..=4) {
            let is_left = matches!(kind, "semi" | "anti") || self.random.one_in(2);
            let (side, table) = if is_left {
                ("left", left)
            } else {
                ("right", right)
            };
            let column = self.random.up_to(table.names.len() - 1);
            let name = spelled(self.random, &table.names, column, true);
            items.push(list_item(self.random, &format!("{side}.{name}")));
        }
        self.set("select", items.join(","));
    }

    fn sort(&mut self, table: &Table, is_local: bool) {
        let mut keys = Vec::new();
        let some = self.random.some_of(table.names.len(), 3);
        for column in some {
            keys.push(spelled(self.random, &table.names, column, true));
        }
        let items = |keys: &[String], random: &mut Random| {
            let items = keys.iter().map(|key| list_item(random, key));
            items.collect::<Vec<_>>().join(",")
        };
        if !keys.is_empty() {
            let list = items(&keys, self.random);
            self.set("key", list);
        }
        let order = match is_local {
            true => "numeric",
            false => self
                .random
                .pick(&["numeric", "version", "ignore_case", "", ""]),
        };
        for option in [order, "reverse"] {
            if option.is_empty() || (option == "reverse" && self.random.one_in(2)) {
                continue;
            }
            let some = self.random.up_to(keys.len());
            if some == 0 || self.random.one_in(3) {
                self.set(option, "true");
            } else {
                let list = items(&keys[..some], self.random);
                self.set(option, list);
            }
        }
        if order == "version" {
            self.set_sometimes(2, "ignore_case", "true");
        }
        if order == "numeric" && is_local {
            self.separators();
        }
        self.set_sometimes(4, "unique", "true");
    }

    fn distinct(&mut self, table: &Table) {
        let columns = self.keys(table, 3);
        self.set_list("columns", table, &columns);
        let mode = self.random.pick(&["exact", "list", "list"]);
        self.set("mode", mode);
    }

    fn top(&mut self, table: &Table) {
        let key = self.keys(table, 1)[0];
        self.set_column("key", table, key);
        let k = self.random.within(1..=30).to_string();
        self.set("k", k);
        // Other columns have numbers whose sum exceeds 64 bits.
        let weights = table.columns_of(&[CellKind::Weight]);
        let weight = weights[self.random.up_to(weights.len() - 1)];
        if table.kinds[weight] == CellKind::Weight && weight != key {
            self.set_column("weight", table, weight);
        }
    }

    fn histogram(&mut self, table: &Table) {
        let columns = table.number_columns();
        let column = columns[self.random.up_to(columns.len() - 1)];
        self.set_column("column", table, column);
        match self.random.up_to(3) {
            0 => self.set("log2", "true"),
            1 => {}
            _ => {
                let width = self
                    .random
                    .pick(&["0.5", "10", "0.25", "7", "2.50", "0.001", "1000"]);
                self.set("width", width);
            }
        }
    }

    fn grep(&mut self, table: &Table) {
        let fixed = [
            "[0-9]+",
            "[A-Z]",
            "a|B|1",
            "^[a-z]",
            "o",
            "é",
            "\n",
            ",",
            "[^a-z]{2}",
            "lamp.?",
        ];
        let pattern = match table.sample.len() {
            0 => String::new(),
            some => {
                let cell = &table.sample[self.random.up_to(some - 1)];
                cell.chars()
                    .filter(|c| c.is_alphanumeric())
                    .take(2)
                    .collect()
            }
        };
        let pattern = match pattern.is_empty() || self.random.one_in(2) {
            true => self.random.pick(&fixed).to_owned(),
            false => pattern,
        };
        self.set("pattern", pattern);
        if self.random.one_in(2) {
            let columns = self.random.some_of(table.names.len(), 3);
            self.set_list("columns", table, &columns);
        }
        self.set_sometimes(3, "ignore_case", "true");
        if self.random.one_in(4) {
            return self.set("output", "counts");
        }
        self.set_sometimes(3, "invert", "true");
        self.set_sometimes(3, "names", "true");
    }
}
