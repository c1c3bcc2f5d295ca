//! Writer of Parquet results.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use mapreduce_core::{CellType, Cells, ResultColumn};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::parquet_column::{NumberRange, ParquetColumn};

/// Size of the cells of a row group in memory, in bytes.
const GROUP_BYTES: usize = 32 << 20;
/// Number of rows of a row group. Readers share the groups of a file among their threads.
const GROUP_ROWS: usize = 122_880;
/// Memory of a cell besides its text, in bytes.
const CELL_OVERHEAD: usize = 48;

/// Writer of a table as Parquet, in bounded memory.
///
/// The types of the columns stand before all rows. The type of a column of numbers depends on all of them, so the rows of
/// such a table are first written to a temporary file.
pub(super) struct ParquetWriter<W: Write + Send> {
    columns: Vec<ResultColumn>,
    stage: Stage<W>,
}

enum Stage<W: Write + Send> {
    /// The types of numbers are not known yet.
    Untyped {
        out: W,
        rows: BufWriter<File>,
        /// Range of the numbers of each column.
        ranges: Vec<NumberRange>,
    },
    /// The types of all columns are known.
    Typed(TypedWriter<W>),
}

/// Writer of rows whose types are known.
struct TypedWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<ParquetColumn>,
    /// Number and size of the rows in the current row group.
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Creates a writer to `out`. If `is_part`, the types do not depend on the rows, so that all part files have the same
    /// types: numbers become floating-point numbers.
    ///
    /// # Errors
    /// The output or the temporary file cannot be written.
    pub(super) fn new(out: W, columns: Vec<ResultColumn>, is_part: bool) -> io::Result<Self> {
        let has_numbers = columns
            .iter()
            .any(|column| column.cell_type == CellType::Number);
        let stage = if has_numbers && !is_part {
            Stage::Untyped {
                out,
                rows: BufWriter::new(tempfile::tempfile()?),
                ranges: vec![NumberRange::default(); columns.len()],
            }
        } else {
            Stage::Typed(TypedWriter::new(out, &columns, None)?)
        };
        Ok(Self { columns, stage })
    }

    /// Writes a row of encoded cells.
    ///
    /// # Errors
    /// The output or the temporary file cannot be written, or a cell does not have the type of its column.
    pub(super) fn push(&mut self, row: &[u8]) -> io::Result<()> {
        match &mut self.stage {
            Stage::Typed(typed) => typed.push(row),
            Stage::Untyped { rows, ranges, .. } => {
                for ((cell, range), column) in Cells::of(row).zip(ranges).zip(&self.columns) {
                    match cell {
                        Some(number) if column.cell_type == CellType::Number => range.add(number),
                        _ => {}
                    }
                }
                rows.write_all(&(row.len() as u64).to_le_bytes())?;
                rows.write_all(row)
            }
        }
    }

    /// Writes the rest of the rows and the footer, and returns the output.
    ///
    /// # Errors
    /// The same as for [`ParquetWriter::push`].
    pub(super) fn finish(self) -> io::Result<W> {
        match self.stage {
            Stage::Typed(typed) => typed.finish(),
            Stage::Untyped { out, rows, ranges } => {
                let mut file = rows.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.seek(SeekFrom::Start(0))?;
                let mut rows = BufReader::with_capacity(256 << 10, file);
                let mut typed = TypedWriter::new(out, &self.columns, Some(&ranges))?;
                let (mut length, mut row) = ([0; 8], Vec::new());
                while !rows.fill_buf()?.is_empty() {
                    rows.read_exact(&mut length)?;
                    row.resize(u64::from_le_bytes(length) as usize, 0);
                    rows.read_exact(&mut row)?;
                    typed.push(&row)?;
                }
                typed.finish()
            }
        }
    }
}

impl<W: Write + Send> TypedWriter<W> {
    fn new(out: W, columns: &[ResultColumn], ranges: Option<&[NumberRange]>) -> io::Result<Self> {
        let columns = columns.iter().enumerate().map(|(nth, column)| {
            let range = ranges.map(|ranges| ranges[nth]);
            ParquetColumn::new(&column.name, column.cell_type, range)
        });
        let columns: Vec<_> = columns.collect();
        let fields = columns.iter().map(ParquetColumn::field);
        let fields = fields.collect::<Result<_, _>>().map_err(output_error)?;
        let root = Type::group_type_builder("schema").with_fields(fields);
        let root = root.build().map_err(output_error)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("mapreduce ", env!("CARGO_PKG_VERSION")).to_owned());
        let properties = Arc::new(properties.build());
        let file = SerializedFileWriter::new(out, Arc::new(root), properties);
        Ok(Self {
            file: file.map_err(output_error)?,
            columns,
            rows: 0,
            bytes: 0,
        })
    }

    fn push(&mut self, row: &[u8]) -> io::Result<()> {
        let cells = Cells::of(row).chain(std::iter::repeat(None));
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell)?;
        }
        self.rows += 1;
        self.bytes += row.len() + self.columns.len() * CELL_OVERHEAD;
        if self.rows == GROUP_ROWS || self.bytes > GROUP_BYTES {
            self.write_group().map_err(output_error)?;
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            if let Some(writer) = group.next_column()? {
                column.write(writer)?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.write_group().map_err(output_error)?;
        }
        self.file.into_inner().map_err(output_error)
    }
}

/// Returns the error of the output inside of an error of the `parquet` crate.
fn output_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{OutputFormat, Schema, Shape, put_cell};
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use crate::output::{RowLayout, RowWriter};

    use super::*;

    /// Writes rows of cells, and returns the schema of the file and the text of its rows.
    fn written(layout: RowLayout, rows: &[Vec<Option<&str>>]) -> (Vec<String>, Vec<String>) {
        let mut writer = RowWriter::new(tempfile::tempfile().unwrap(), layout).unwrap();
        for cells in rows {
            let mut row = Vec::new();
            for cell in cells {
                put_cell(&mut row, cell.map(str::as_bytes));
            }
            writer.push_text(b"", &row).unwrap();
        }
        let (file, written) = writer.into_inner().unwrap();
        assert_eq!(written.keys, rows.len() as u64);
        let reader = SerializedFileReader::new(file).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        let types = schema.columns().iter().map(|column| {
            format!(
                "{} {:?} {:?}",
                column.name(),
                column.physical_type(),
                column.logical_type_ref()
            )
        });
        let types = types.collect();
        let rows = reader.get_row_iter(None).unwrap();
        let rows = rows.map(|row| row.unwrap().to_string()).collect();
        (types, rows)
    }

    fn layout(columns: &[(&str, CellType)]) -> RowLayout {
        let shape = Shape::table(Schema::new(columns.iter().copied()));
        RowLayout::new(OutputFormat::Parquet, true, &shape)
    }

    #[test]
    fn cells_have_the_types_of_their_columns() {
        let columns = [
            ("t", CellType::Text),
            ("t", CellType::Json),
            ("i", CellType::Integer),
            ("f", CellType::Float),
            ("b", CellType::Boolean),
        ];
        let rows = [
            vec![
                Some("é"),
                Some("[1]"),
                Some("-7"),
                Some("0.1"),
                Some("true"),
            ],
            vec![Some(""), None, Some(""), None, None],
            vec![None],
        ];
        let (types, rows) = written(layout(&columns), &rows);
        assert_eq!(
            types,
            [
                "t BYTE_ARRAY Some(String)",
                "t_2 BYTE_ARRAY Some(Json)",
                "i INT64 None",
                "f DOUBLE None",
                "b BOOLEAN None",
            ]
        );
        assert_eq!(rows[0], r#"{t: "é", t_2: "[1]", i: -7, f: 0.1, b: true}"#);
        assert_eq!(rows[1], r#"{t: "", t_2: null, i: null, f: null, b: null}"#);
        assert_eq!(rows[2], "{t: null, t_2: null, i: null, f: null, b: null}");
    }

    #[test]
    fn numbers_keep_all_digits_if_a_type_can_hold_them() {
        let type_of = |numbers: &[&str], part: bool| {
            let rows: Vec<_> = numbers.iter().map(|number| vec![Some(*number)]).collect();
            let layout = layout(&[("n", CellType::Number)]);
            let layout = if part { layout.of_part() } else { layout };
            let (types, rows) = written(layout, &rows);
            (types[0].clone(), rows)
        };
        let (integers, rows) = type_of(&["-5", "123456789012345678"], false);
        assert_eq!(integers, "n INT64 None");
        assert_eq!(rows, ["{n: -5}", "{n: 123456789012345678}"]);
        let (decimals, rows) = type_of(&["4.50", "-0.125", "18446744073709551616"], false);
        assert!(decimals.contains("FIXED_LEN_BYTE_ARRAY"), "{decimals}");
        assert_eq!(
            rows,
            ["{n: 4.500}", "{n: -0.125}", "{n: 18446744073709551616.000}"]
        );
        let (floats, rows) = type_of(&["1.7e+300", "2"], false);
        assert_eq!(floats, "n DOUBLE None");
        assert_eq!(rows[1], "{n: 2.0}");
        assert_eq!(type_of(&["1"], true).0, "n DOUBLE None");
        assert_eq!(type_of(&[], false).0, "n INT64 None");
    }

    #[test]
    fn many_rows_become_several_row_groups() {
        let columns = [ResultColumn {
            name: "n".to_owned(),
            cell_type: CellType::Integer,
        }];
        let out = tempfile::tempfile().unwrap();
        let mut writer = ParquetWriter::new(out, columns.to_vec(), false).unwrap();
        let mut row = Vec::new();
        for number in 0..300_000 {
            row.clear();
            put_cell(&mut row, Some(number.to_string().as_bytes()));
            writer.push(&row).unwrap();
        }
        let reader = SerializedFileReader::new(writer.finish().unwrap()).unwrap();
        let groups = reader.metadata().row_groups();
        let rows: Vec<_> = groups.iter().map(RowGroupMetaData::num_rows).collect();
        assert_eq!(rows, [122_880, 122_880, 54_240]);
    }

    #[test]
    fn a_cell_that_does_not_fit_its_type_is_an_error() {
        let mut writer = RowWriter::new(Vec::new(), layout(&[("i", CellType::Integer)])).unwrap();
        let mut row = Vec::new();
        put_cell(&mut row, Some(b"18446744073709551615"));
        let error = writer.push_text(b"", &row).unwrap_err().to_string();
        assert!(
            error.contains("\"i\"") && error.contains("18446744073709551615"),
            "{error}"
        );
    }
}
