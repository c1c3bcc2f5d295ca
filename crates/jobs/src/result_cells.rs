//! Keys and values of the result that have been encoded by the job.

use std::borrow::Cow;

use mapreduce_core::ValueKind;
use mapreduce_job::{Cell, Datum};

/// Key of the result whose text differs from the bytes that it is sorted by.
#[derive(Debug, Default)]
pub(super) struct SortedKey {
    /// Bytes that the key is sorted by.
    pub(super) order: Vec<u8>,
    /// Text of the key in the result.
    pub(super) text: Vec<u8>,
}

impl Datum for SortedKey {
    type View<'a> = &'a [u8];
    type Part<'a> = Cow<'a, [u8]>;

    fn put(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.order);
    }
    fn view(bytes: &[u8]) -> Option<&[u8]> {
        Some(bytes)
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        self.order.put_part(into);
    }
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Cow<'a, [u8]>> {
        <[u8]>::take_part(bytes)
    }
}

impl Cell for SortedKey {
    fn kind() -> ValueKind {
        ValueKind::Text
    }
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.text);
    }
}

/// Value that is JSON in one line.
#[derive(Debug)]
pub(super) struct JsonText(pub(super) Vec<u8>);

impl Cell for JsonText {
    fn kind() -> ValueKind {
        ValueKind::Json
    }
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.0);
    }
}
