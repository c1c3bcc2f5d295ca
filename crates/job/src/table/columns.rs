//! The columns of a struct, which serde reports while it reads made-up values into it.

use mapreduce_core::CellType;
use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::row_error::RowError;

/// Returns the names and the types of the fields of `T`, in order.
///
/// # Errors
/// `T` is not a struct with named fields, or a field refuses the made-up value.
pub(super) fn columns<T: DeserializeOwned>() -> Result<Vec<(String, CellType)>, RowError> {
    let mut columns = Vec::new();
    T::deserialize(RowProbe(&mut columns))?;
    Ok(columns)
}

/// Source of a made-up row. It records the fields that are read.
struct RowProbe<'a>(&'a mut Vec<(String, CellType)>);

impl<'de> Deserializer<'de> for RowProbe<'_> {
    type Error = RowError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, RowError> {
        Err(RowError("it is not a struct with named fields".to_owned()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        let mut cell_type = CellType::Json;
        visitor.visit_map(Fields {
            fields: fields.iter(),
            columns: Some(self.0),
            cell_type: &mut cell_type,
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Fields of a struct with made-up values.
struct Fields<'a> {
    fields: std::slice::Iter<'static, &'static str>,
    /// Columns that are found; `None` inside of a field.
    columns: Option<&'a mut Vec<(String, CellType)>>,
    cell_type: &'a mut CellType,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = RowError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, RowError> {
        let Some(name) = self.fields.next() else {
            return Ok(None);
        };
        if let Some(columns) = &mut self.columns {
            columns.push(((*name).to_owned(), CellType::Json));
        }
        let name: StrDeserializer<'_, RowError> = (*name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, RowError> {
        let value = seed.deserialize(FieldProbe(self.cell_type));
        let Some(columns) = &mut self.columns else {
            return value;
        };
        if let Some((name, cell_type)) = columns.last_mut() {
            *cell_type = *self.cell_type;
            return value.map_err(|RowError(error)| {
                RowError(format!("the field {name:?} has no columns: {error}"))
            });
        }
        value
    }
}

/// Source of a made-up value. It records the type that is read.
struct FieldProbe<'a>(&'a mut CellType);

macro_rules! made_up {
    ($($method:ident: $cell_type:ident, $visit:ident($($value:expr)?);)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
            *self.0 = CellType::$cell_type;
            visitor.$visit($($value)?)
        })+
    };
}

impl<'de> Deserializer<'de> for FieldProbe<'_> {
    type Error = RowError;

    made_up! {
        deserialize_any: Json, visit_unit();
        deserialize_bool: Boolean, visit_bool(false);
        deserialize_i8: Integer, visit_i64(1);
        deserialize_i16: Integer, visit_i64(1);
        deserialize_i32: Integer, visit_i64(1);
        deserialize_i64: Integer, visit_i64(1);
        deserialize_i128: Integer, visit_i128(1);
        deserialize_u8: Integer, visit_u64(1);
        deserialize_u16: Integer, visit_u64(1);
        deserialize_u32: Integer, visit_u64(1);
        deserialize_u64: Integer, visit_u64(1);
        deserialize_u128: Integer, visit_u128(1);
        deserialize_f32: Float, visit_f64(1.0);
        deserialize_f64: Float, visit_f64(1.0);
        deserialize_char: Text, visit_char('a');
        deserialize_str: Text, visit_str("");
        deserialize_string: Text, visit_str("");
        deserialize_bytes: Json, visit_bytes(b"");
        deserialize_byte_buf: Json, visit_bytes(b"");
        deserialize_unit: Json, visit_unit();
        deserialize_ignored_any: Json, visit_unit();
        deserialize_identifier: Text, visit_str("");
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        *self.0 = CellType::Json;
        visitor.visit_seq(Items(0))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        *self.0 = CellType::Json;
        visitor.visit_seq(Items(len))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        let mut inside = CellType::Json;
        let value = visitor.visit_map(Fields {
            fields: fields.iter(),
            columns: None,
            cell_type: &mut inside,
        });
        *self.0 = CellType::Json;
        value
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        *self.0 = CellType::Text;
        let first = variants.first().copied();
        let first = first.ok_or_else(|| RowError("an enum has no variants".to_owned()))?;
        visitor.visit_enum(FirstVariant(first))
    }
}

/// Items of a made-up sequence.
struct Items(usize);

impl<'de> SeqAccess<'de> for Items {
    type Error = RowError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, RowError> {
        let Some(left) = self.0.checked_sub(1) else {
            return Ok(None);
        };
        self.0 = left;
        inside(seed).map(Some)
    }
}

/// Reads a made-up value inside of a field, whose type does not matter.
fn inside<'de, S: DeserializeSeed<'de>>(seed: S) -> Result<S::Value, RowError> {
    seed.deserialize(FieldProbe(&mut CellType::Json))
}

/// Made-up value of an enum: its first variant.
struct FirstVariant(&'static str);

impl<'de> EnumAccess<'de> for FirstVariant {
    type Error = RowError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), RowError> {
        let name: StrDeserializer<'_, RowError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for FirstVariant {
    type Error = RowError;

    fn unit_variant(self) -> Result<(), RowError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, RowError> {
        inside(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_seq(Items(len))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        FieldProbe(&mut CellType::Json).deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::cell::Cell;
    use crate::table::Table;
    use mapreduce_core::{Cells, Schema, ValueKind};

    #[derive(Serialize, Deserialize)]
    enum Color {
        Red,
        Mixed(u8, u8),
    }

    #[derive(Serialize, Deserialize)]
    struct Row {
        name: String,
        #[serde(rename = "n of it")]
        count: u64,
        mean: Option<f64>,
        good: bool,
        list: Vec<u8>,
        pair: (u8, String),
        map: BTreeMap<String, u8>,
        color: Color,
        #[serde(skip_serializing_if = "Option::is_none")]
        maybe: Option<i8>,
    }

    fn cells(row: Row) -> Vec<Option<String>> {
        let mut bytes = Vec::new();
        Table(row).write(&mut bytes);
        let text = |cell: Option<&[u8]>| cell.map(|c| String::from_utf8(c.to_vec()).unwrap());
        Cells::of(&bytes).map(text).collect()
    }

    #[test]
    fn the_fields_of_a_struct_are_columns_and_its_values_are_cells() {
        let row = Row {
            name: "a\"\nb".into(),
            count: u64::MAX,
            mean: Some(0.1),
            good: true,
            list: vec![1, 2],
            pair: (1, "x".into()),
            map: BTreeMap::new(),
            color: Color::Red,
            maybe: None,
        };
        let expected = [
            ("name", CellType::Text),
            ("n of it", CellType::Integer),
            ("mean", CellType::Float),
            ("good", CellType::Boolean),
            ("list", CellType::Json),
            ("pair", CellType::Json),
            ("map", CellType::Json),
            ("color", CellType::Text),
            ("maybe", CellType::Integer),
        ];
        assert_eq!(
            Table::<Row>::kind(),
            ValueKind::Table(Schema::new(expected))
        );
        let texts = [
            "a\"\nb",
            "18446744073709551615",
            "0.1",
            "true",
            "[1,2]",
            "[1,\"x\"]",
            "{}",
            "Red",
        ];
        let mut expected: Vec<_> = texts.iter().map(|text| Some((*text).to_owned())).collect();
        expected.push(None);
        assert_eq!(cells(row), expected);
        let nulls = Row {
            name: String::new(),
            count: 0,
            mean: Some(f64::NAN),
            good: false,
            list: vec![],
            pair: (0, String::new()),
            map: BTreeMap::new(),
            color: Color::Mixed(1, 2),
            maybe: Some(-1),
        };
        let found = cells(nulls);
        assert_eq!(found[0].as_deref(), Some(""));
        assert_eq!(found[2], None);
        assert_eq!(found[7].as_deref(), Some("{\"Mixed\":[1,2]}"));
        assert_eq!(found[8].as_deref(), Some("-1"));
    }

    #[test]
    fn other_types_are_not_rows() {
        assert!(columns::<u64>().is_err());
        assert!(columns::<Vec<Row>>().is_err());
        assert!(columns::<BTreeMap<String, u8>>().is_err());
    }
}
