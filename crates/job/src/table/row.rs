//! A struct as a row of the result.

use mapreduce_core::{Schema, ValueKind, put_cell};
use serde::ser::{Impossible, SerializeStruct, Serializer};
use serde::{Serialize, de::DeserializeOwned};

use super::cell::{Scalar, scalar};
use super::columns::columns;
use super::row_error::RowError;
use crate::cell::Cell;

/// Row of the result whose columns are the fields of the struct `T`.
///
/// Use it as the [`OutValue`](crate::Reducer::OutValue) of a reducer. The key that is emitted with it orders the rows,
/// and is not a column. Fields that are integers, floating-point numbers, `bool` and texts become columns of these
/// types. `Option` makes a cell that may be missing, an enum becomes text, and any other field becomes JSON.
///
/// ```
/// use std::sync::Arc;
///
/// use mapreduce_core::{JobError, Record};
/// use mapreduce_job::testing::Trial;
/// use mapreduce_job::{Emitter, JobInfo, Mapper, Reducer, Rows, Table, Values, define};
/// use serde::{Deserialize, Serialize};
///
/// # struct Lengths;
/// # impl Mapper for Lengths {
/// #     type Key = str;
/// #     type Value = u64;
/// #     fn map(&mut self, record: &Record<'_>, out: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
/// #         out.emit(&String::from_utf8_lossy(&record.bytes()[..1]), &(record.bytes().len() as u64));
/// #         Ok(())
/// #     }
/// # }
/// /// The lines that start with a letter.
/// #[derive(Serialize, Deserialize)]
/// struct Lines {
///     letter: String,
///     lines: u64,
///     mean_length: f64,
/// }
///
/// struct Mean;
///
/// impl Reducer for Mean {
///     type Key = str;
///     type Value = u64;
///     type OutKey = str;
///     type OutValue = Table<Lines>;
///
///     fn reduce(
///         &mut self,
///         letter: &str,
///         lengths: &mut Values<'_, u64>,
///         out: &mut Rows<'_, str, Table<Lines>>,
///     ) -> Result<(), JobError> {
///         let (mut lines, mut total) = (0, 0);
///         while let Some(length) = lengths.next() {
///             lines += 1;
///             total += length;
///         }
///         let mean_length = total as f64 / lines as f64;
///         out.emit(letter, &Table(Lines { letter: letter.to_owned(), lines, mean_length }));
///         Ok(())
///     }
/// }
///
/// // `Lengths` emits the first letter and the length of each line.
/// let info = JobInfo::new("mean-length", "finds the mean length of the lines of each first letter");
/// let job = define(info).mapper(|| Lengths).reducer(|| Mean);
/// let outcome = Trial::new(Arc::new(job)).input("a.txt", "tea\nsalt\ntable\n").run()?;
/// assert_eq!(outcome.csv(), "letter,lines,mean_length\ns,1,4.0\nt,2,4.0\n");
/// # Ok::<(), JobError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table<T>(pub T);

impl<T: Serialize + DeserializeOwned> Cell for Table<T> {
    /// Returns the columns of the table.
    ///
    /// # Panics
    /// If `T` is not a struct with named fields, or a field only accepts certain texts.
    fn kind() -> ValueKind {
        match columns::<T>() {
            Ok(columns) => ValueKind::Table(Schema::new(columns)),
            Err(error) => panic!(
                "{} cannot be a row of a table: {error}",
                std::any::type_name::<T>()
            ),
        }
    }

    /// Appends the encoded cells of the row.
    ///
    /// # Panics
    /// If JSON cannot represent a field, such as a map whose keys are not strings.
    fn write(&self, into: &mut Vec<u8>) {
        if let Err(error) = self.0.serialize(RowSerializer(into)) {
            panic!(
                "cannot write a row of {}: {error}",
                std::any::type_name::<T>()
            );
        }
    }
}

/// Serializer of a row, which must be a struct with named fields.
struct RowSerializer<'a>(&'a mut Vec<u8>);

/// Serializer of the fields of a row.
struct RowFields<'a>(&'a mut Vec<u8>);

impl SerializeStruct for RowFields<'_> {
    type Ok = ();
    type Error = RowError;

    fn serialize_field<V: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &V,
    ) -> Result<(), RowError> {
        match scalar(value)? {
            Scalar::Missing => put_cell(self.0, None),
            Scalar::Text(text) => put_cell(self.0, Some(text.as_bytes())),
        }
        Ok(())
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), RowError> {
        put_cell(self.0, None);
        Ok(())
    }

    fn end(self) -> Result<(), RowError> {
        Ok(())
    }
}

macro_rules! not_a_row {
    ($($method:ident($($type:ty),*);)+) => {
        $(fn $method(self, $(_: $type),*) -> Result<(), RowError> {
            Err(not_a_struct())
        })+
    };
}

fn not_a_struct() -> RowError {
    RowError("it is not a struct with named fields".to_owned())
}

impl<'a> Serializer for RowSerializer<'a> {
    type Ok = ();
    type Error = RowError;
    type SerializeSeq = Impossible<(), RowError>;
    type SerializeTuple = Impossible<(), RowError>;
    type SerializeTupleStruct = Impossible<(), RowError>;
    type SerializeTupleVariant = Impossible<(), RowError>;
    type SerializeMap = Impossible<(), RowError>;
    type SerializeStruct = RowFields<'a>;
    type SerializeStructVariant = Impossible<(), RowError>;

    not_a_row! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Result<(), RowError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<(), RowError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &V,
    ) -> Result<(), RowError> {
        Err(not_a_struct())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, RowError> {
        Err(not_a_struct())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, RowError> {
        Err(not_a_struct())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, RowError> {
        Err(not_a_struct())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, RowError> {
        Err(not_a_struct())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, RowError> {
        Err(not_a_struct())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<RowFields<'a>, RowError> {
        Ok(RowFields(self.0))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, RowError> {
        Err(not_a_struct())
    }
}
