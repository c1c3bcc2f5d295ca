//! Tables in Markdown with aligned columns, readable as plain text.

/// A table. The first column is text, the others are figures.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table with this header and no rows.
    pub fn new(header: &[&str]) -> Self {
        let header = header.iter().map(|&cell| cell.to_owned()).collect();
        Self { rows: vec![header] }
    }

    /// Adds a row. Missing cells are empty.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Renders the table with a newline at the end.
    pub fn markdown(&self) -> String {
        let columns = self.rows[0].len();
        let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let lengths = self
                    .rows
                    .iter()
                    .map(|row| cell(row, column).chars().count());
                lengths.max().unwrap_or_default().max(3)
            })
            .collect();
        let line = |row: &Vec<String>| {
            let cells = widths.iter().enumerate().map(|(column, &width)| {
                let text = cell(row, column);
                match column {
                    0 => format!(" {text:<width$} |"),
                    _ => format!(" {text:>width$} |"),
                }
            });
            format!("|{}\n", cells.collect::<String>())
        };
        let rule = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| match column {
                0 => format!("{}|", "-".repeat(width + 2)),
                _ => format!("{}:|", "-".repeat(width + 1)),
            });
        let mut text = line(&self.rows[0]);
        text += &format!("|{}\n", rule.collect::<String>());
        text.extend(self.rows[1..].iter().map(line));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let mut table = Table::new(&["name", "s"]);
        table.row(vec!["a longer name".to_owned(), "1–2".to_owned()]);
        table.row(vec!["none".to_owned()]);
        let expected = "\
| name          |   s |
|---------------|----:|
| a longer name | 1–2 |
| none          |     |
";
        assert_eq!(table.markdown(), expected);
    }
}
