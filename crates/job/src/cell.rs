//! Conversion of keys and values of the result to text.

use std::io::Write;

use serde::Serialize;

use mapreduce_core::ValueKind;

use crate::datum::Json;

/// Type that can be a key or a value of the result.
pub trait Cell {
    /// Returns the kind of text that [`Cell::write`] produces.
    fn kind() -> ValueKind;

    /// Appends the value as text. Numbers and [`Json`] are written as JSON.
    fn write(&self, into: &mut Vec<u8>);
}

macro_rules! text {
    ($($type:ty),+) => {
        $(impl Cell for $type {
            fn kind() -> ValueKind {
                ValueKind::Text
            }
            fn write(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(self.as_ref());
            }
        })+
    };
}

text!(str, String, [u8]);

macro_rules! number {
    ($($type:ty),+) => {
        $(impl Cell for $type {
            fn kind() -> ValueKind {
                ValueKind::Number
            }
            fn write(&self, into: &mut Vec<u8>) {
                write!(into, "{self}").expect("writing to memory succeeds");
            }
        })+
    };
}

number!(u64, i64, u32);

impl Cell for f64 {
    fn kind() -> ValueKind {
        ValueKind::Number
    }
    /// Appends the number as JSON. Infinity and NaN are written as `null`.
    fn write(&self, into: &mut Vec<u8>) {
        serde_json::to_writer(into, self).expect("writing to memory succeeds");
    }
}

impl<T: Serialize> Cell for Json<T> {
    fn kind() -> ValueKind {
        ValueKind::Json
    }
    /// Appends the data as JSON.
    ///
    /// # Panics
    /// If JSON cannot represent the data, such as a map whose keys are not strings.
    fn write(&self, into: &mut Vec<u8>) {
        serde_json::to_writer(into, &self.0).expect("JSON can represent the data");
    }
}

impl Cell for () {
    fn kind() -> ValueKind {
        ValueKind::Nothing
    }
    fn write(&self, _: &mut Vec<u8>) {}
}

impl<T: Cell + ?Sized> Cell for &T {
    fn kind() -> ValueKind {
        T::kind()
    }
    fn write(&self, into: &mut Vec<u8>) {
        T::write(self, into);
    }
}
