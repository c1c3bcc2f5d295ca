//! How keys and values are told in the result.

use std::io::Write;

use serde::Serialize;

use super::datum::Json;
use mapreduce_core::ValueKind;

/// What a reducer may give as a key or a value of the result.
pub trait Cell {
    /// What it is.
    fn kind() -> ValueKind;

    /// Writes its text: for numbers and [`Json`], as JSON spells it.
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
                write!(into, "{self}").expect("memory takes all");
            }
        })+
    };
}

number!(u64, i64, u32);

impl Cell for f64 {
    fn kind() -> ValueKind {
        ValueKind::Number
    }
    /// As JSON: infinity and NaN are `null`.
    fn write(&self, into: &mut Vec<u8>) {
        serde_json::to_writer(into, self).expect("memory takes all");
    }
}

impl<T: Serialize> Cell for Json<T> {
    fn kind() -> ValueKind {
        ValueKind::Json
    }
    /// # Panics
    /// If JSON cannot spell it: a map whose keys are no texts.
    fn write(&self, into: &mut Vec<u8>) {
        serde_json::to_writer(into, &self.0).expect("data that JSON can spell");
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
