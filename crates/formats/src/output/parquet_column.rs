//! Columns of a Parquet result: their types, and the buffered cells of a row group.

use std::io;
use std::sync::Arc;

use mapreduce_core::CellType;
use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedColumnWriter;
use parquet::schema::types::{Type, TypePtr};

/// Digits of the numbers of a column, which decide about its type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NumberRange {
    /// Greatest number of digits before the decimal point.
    integer_digits: u32,
    /// Greatest number of digits after the decimal point.
    scale: u32,
    /// True if a number has an exponent.
    has_floats: bool,
}

/// Greatest number of digits of a Parquet decimal with 16 bytes.
const MAX_PRECISION: u32 = 38;
/// Number of digits that every 64-bit integer can have.
const INT64_DIGITS: u32 = 18;
/// Length of a decimal in bytes.
const DECIMAL_LENGTH: i32 = 16;

impl NumberRange {
    /// Extends the range to a number.
    pub(super) fn add(&mut self, number: &[u8]) {
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        let point = digits.iter().position(|byte| *byte == b'.');
        let integer_digits = point.unwrap_or(digits.len()) as u32;
        let scale = point.map_or(0, |point| digits.len() - point - 1) as u32;
        self.integer_digits = self.integer_digits.max(integer_digits);
        self.scale = self.scale.max(scale);
        self.has_floats |= !digits
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    }

    /// Returns the type that keeps all digits, or else floating-point numbers.
    fn values(self) -> Values {
        let precision = self.integer_digits + self.scale;
        match self {
            Self {
                has_floats: true, ..
            } => Values::Doubles(Vec::new()),
            Self { scale: 0, .. } if precision <= INT64_DIGITS => Values::Integers(Vec::new()),
            _ if precision <= MAX_PRECISION => Values::Decimals {
                scale: self.scale,
                values: Vec::new(),
            },
            _ => Values::Doubles(Vec::new()),
        }
    }
}

/// Column of a Parquet file, with its cells in the current row group.
#[derive(Debug)]
pub(super) struct ParquetColumn {
    name: String,
    is_json: bool,
    values: Values,
    /// For each row, 1 if the cell has a value and 0 if it is missing.
    levels: Vec<i16>,
}

/// Values of a column.
#[derive(Debug)]
enum Values {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    Doubles(Vec<f64>),
    Booleans(Vec<bool>),
    Decimals {
        scale: u32,
        values: Vec<FixedLenByteArray>,
    },
}

impl ParquetColumn {
    /// Creates a column. `range` has the numbers of a column of [`CellType::Number`]; without it, they become
    /// floating-point numbers.
    pub(super) fn new(name: &str, cell_type: CellType, range: Option<NumberRange>) -> Self {
        let values = match (cell_type, range) {
            (CellType::Text | CellType::Json, _) => Values::Texts(Vec::new()),
            (CellType::Integer, _) => Values::Integers(Vec::new()),
            (CellType::Boolean, _) => Values::Booleans(Vec::new()),
            (CellType::Number, Some(range)) => range.values(),
            (CellType::Float | CellType::Number, _) => Values::Doubles(Vec::new()),
        };
        Self {
            name: name.to_owned(),
            is_json: cell_type == CellType::Json,
            values,
            levels: Vec::new(),
        }
    }

    /// Returns the column in the schema of the file.
    pub(super) fn field(&self) -> Result<TypePtr, ParquetError> {
        let (physical, logical) = match &self.values {
            Values::Texts(_) if self.is_json => (PhysicalType::BYTE_ARRAY, Some(LogicalType::Json)),
            Values::Texts(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Values::Integers(_) => (PhysicalType::INT64, None),
            Values::Doubles(_) => (PhysicalType::DOUBLE, None),
            Values::Booleans(_) => (PhysicalType::BOOLEAN, None),
            Values::Decimals { scale, .. } => (
                PhysicalType::FIXED_LEN_BYTE_ARRAY,
                Some(LogicalType::decimal(*scale as i32, MAX_PRECISION as i32)),
            ),
        };
        let field = Type::primitive_type_builder(&self.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        let field = match &self.values {
            Values::Decimals { scale, .. } => field
                .with_length(DECIMAL_LENGTH)
                .with_precision(MAX_PRECISION as i32)
                .with_scale(*scale as i32),
            _ => field,
        };
        Ok(Arc::new(field.build()?))
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, cell: Option<&[u8]>) -> io::Result<()> {
        // An empty cell of a column that is not text has no value.
        let is_text = matches!(self.values, Values::Texts(_)) && !self.is_json;
        let cell = cell.filter(|cell| is_text || !cell.is_empty());
        self.levels.push(i16::from(cell.is_some()));
        let Some(cell) = cell else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(cell);
        let invalid = || self::invalid(&self.name, &text);
        match &mut self.values {
            Values::Texts(values) => values.push(ByteArray::from(text.into_owned().into_bytes())),
            Values::Integers(values) => values.push(text.parse().map_err(|_| invalid())?),
            Values::Doubles(values) => values.push(text.parse().map_err(|_| invalid())?),
            Values::Booleans(values) => values.push(text.parse().map_err(|_| invalid())?),
            Values::Decimals { scale, values } => {
                let number = decimal(&text, *scale).ok_or_else(invalid)?;
                values.push(FixedLenByteArray::from(number.to_be_bytes().to_vec()));
            }
        }
        Ok(())
    }

    /// Writes the cells of the row group and removes them.
    pub(super) fn write(
        &mut self,
        mut column: SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let levels = Some(&self.levels[..]);
        match &mut self.values {
            Values::Texts(values) => {
                column
                    .typed::<ByteArrayType>()
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Integers(values) => {
                column
                    .typed::<Int64Type>()
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Doubles(values) => {
                column
                    .typed::<DoubleType>()
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Booleans(values) => {
                column
                    .typed::<BoolType>()
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Decimals { values, .. } => {
                let typed = column.typed::<FixedLenByteArrayType>();
                typed.write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        column.close()
    }
}

#[cold]
fn invalid(column: &str, text: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!(
            "the column {column:?} has the value {text:?}, which its Parquet type cannot hold; write CSV or NDJSON instead"
        ),
    )
}

/// Returns a decimal number without its point, scaled to `scale` digits after it.
fn decimal(text: &str, scale: u32) -> Option<i128> {
    let (integer, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 = format!("{integer}{fraction}").parse().ok()?;
    let missing = scale.checked_sub(fraction.len() as u32)?;
    digits.checked_mul(10i128.checked_pow(missing)?)
}
