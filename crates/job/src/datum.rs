//! Keys and values as bytes between mapper and reducer.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Type that can be a key or a value between a mapper and a reducer.
///
/// The encoded bytes of keys sort like the keys: texts by their bytes, numbers by size, and tuples by their first part,
/// then by the second. It is implemented for texts, byte strings, numbers, `()`, tuples of up to four parts, and
/// [`Json`].
///
/// ```
/// use mapreduce_job::Datum;
///
/// fn bytes<T: Datum + ?Sized>(datum: &T) -> Vec<u8> {
///     let mut bytes = Vec::new();
///     datum.put(&mut bytes);
///     bytes
/// }
///
/// assert!(bytes(&-5i64) < bytes(&3i64));
/// assert!(bytes(&("a", 2u64)) < bytes(&("ab", 1u64)));
/// let encoded = bytes(&("ab", 1u64));
/// let (text, number) = <(&str, u64)>::view(&encoded).unwrap();
/// assert_eq!((&*text, number), ("ab", 1));
/// assert_eq!(u64::view(b"3 bytes"), None);
/// ```
pub trait Datum {
    /// Decoded form that a reducer receives. It may borrow from the encoded bytes.
    type View<'a>;
    /// Decoded form of a part of a tuple.
    type Part<'a>;

    /// Appends the encoded bytes.
    fn put(&self, into: &mut Vec<u8>);

    /// Returns the encoded bytes if the value already contains them, to avoid a copy.
    #[inline]
    fn as_bytes(&self) -> Option<&[u8]> {
        None
    }

    /// Returns the value as a count. Only `u64`, the value type of jobs that sum counts, returns anything but 0.
    #[inline]
    fn as_count(&self) -> u64 {
        0
    }

    /// Decodes what [`Datum::put`] wrote. Returns `None` if the bytes are not a value of this type.
    fn view(bytes: &[u8]) -> Option<Self::View<'_>>;

    /// Appends the encoded bytes as a part of a tuple, from which their end can be found.
    fn put_part(&self, into: &mut Vec<u8>);

    /// Decodes what [`Datum::put_part`] wrote at the start of `bytes`, and removes it from there.
    ///
    /// Returns `None` if the bytes are not a value of this type.
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Self::Part<'a>>;
}

/// Key that is encoded as its own bytes. Jobs that sum counts need such keys.
pub trait TextKey: Datum {}

impl TextKey for str {}
impl TextKey for String {}
impl TextKey for [u8] {}

/// Appends a text as a part of a tuple: a NUL byte is written as `00 ff`, and the end as `00 00`.
fn put_escaped(bytes: &[u8], into: &mut Vec<u8>) {
    for (nth, piece) in bytes.split(|byte| *byte == 0).enumerate() {
        if nth > 0 {
            into.extend([0, 0xff]);
        }
        into.extend_from_slice(piece);
    }
    into.extend([0, 0]);
}

fn take_escaped<'a>(bytes: &mut &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let mut whole: Option<Vec<u8>> = None;
    let mut rest = *bytes;
    loop {
        let nul = memchr::memchr(0, rest)?;
        let (piece, mark) = (&rest[..nul], *rest.get(nul + 1)?);
        rest = &rest[nul + 2..];
        match (mark, &mut whole) {
            (0, None) => {
                *bytes = rest;
                return Some(Cow::Borrowed(piece));
            }
            (0, Some(text)) => {
                text.extend_from_slice(piece);
                *bytes = rest;
                return whole.map(Cow::Owned);
            }
            (0xff, _) => {
                let text = whole.get_or_insert_default();
                text.extend_from_slice(piece);
                text.push(0);
            }
            _ => return None,
        }
    }
}

impl Datum for [u8] {
    type View<'a> = &'a [u8];
    type Part<'a> = Cow<'a, [u8]>;

    #[inline]
    fn put(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self);
    }
    #[inline]
    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
    #[inline]
    fn view(bytes: &[u8]) -> Option<&[u8]> {
        Some(bytes)
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        put_escaped(self, into);
    }
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Cow<'a, [u8]>> {
        take_escaped(bytes)
    }
}

impl Datum for str {
    type View<'a> = &'a str;
    type Part<'a> = Cow<'a, str>;

    #[inline]
    fn put(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.as_bytes());
    }
    #[inline]
    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.as_bytes())
    }
    #[inline]
    fn view(bytes: &[u8]) -> Option<&str> {
        std::str::from_utf8(bytes).ok()
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        put_escaped(self.as_bytes(), into);
    }
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Cow<'a, str>> {
        Some(match take_escaped(bytes)? {
            Cow::Borrowed(text) => Cow::Borrowed(std::str::from_utf8(text).ok()?),
            Cow::Owned(text) => Cow::Owned(String::from_utf8(text).ok()?),
        })
    }
}

impl Datum for String {
    type View<'a> = &'a str;
    type Part<'a> = Cow<'a, str>;

    #[inline]
    fn put(&self, into: &mut Vec<u8>) {
        self.as_str().put(into);
    }
    #[inline]
    fn as_bytes(&self) -> Option<&[u8]> {
        Some(str::as_bytes(self))
    }
    #[inline]
    fn view(bytes: &[u8]) -> Option<&str> {
        str::view(bytes)
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        self.as_str().put_part(into);
    }
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Cow<'a, str>> {
        str::take_part(bytes)
    }
}

/// Implements [`Datum`] for a type with a fixed number of bytes, which needs no mark of its end inside tuples.
macro_rules! fixed {
    ($type:ty, $number:ty, $to:expr, $from:expr $(, $count:ident)?) => {
        impl Datum for $type {
            type View<'a> = $type;
            type Part<'a> = $type;

            #[inline]
            fn put(&self, into: &mut Vec<u8>) {
                let to: fn($type) -> $number = $to;
                into.extend(to(*self).to_be_bytes());
            }
            $(#[inline]
            fn $count(&self) -> u64 {
                *self
            })?
            #[inline]
            fn view(bytes: &[u8]) -> Option<$type> {
                let from: fn($number) -> $type = $from;
                Some(from(<$number>::from_be_bytes(bytes.try_into().ok()?)))
            }
            #[inline]
            fn put_part(&self, into: &mut Vec<u8>) {
                self.put(into);
            }
            #[inline]
            fn take_part(bytes: &mut &[u8]) -> Option<$type> {
                let (number, rest) = bytes.split_at_checked(size_of::<$number>())?;
                *bytes = rest;
                Self::view(number)
            }
        }
    };
}

fixed!(u64, u64, |n| n, |n| n, as_count);
fixed!(u32, u32, |n| n, |n| n);
// The sign bit is inverted, so that negative numbers sort first.
fixed!(i64, u64, |n| n as u64 ^ (1 << 63), |n| (n ^ (1 << 63))
    as i64);
// The sign bit is inverted as above. Negative numbers have all bits inverted, because those of greater size sort first.
fixed!(
    f64,
    u64,
    |x| {
        let bits = x.to_bits();
        if bits >> 63 == 0 {
            bits | 1 << 63
        } else {
            !bits
        }
    },
    |n| f64::from_bits(if n >> 63 == 1 { n & !(1 << 63) } else { !n })
);

impl Datum for () {
    type View<'a> = ();
    type Part<'a> = ();

    fn put(&self, _: &mut Vec<u8>) {}
    fn view(bytes: &[u8]) -> Option<()> {
        bytes.is_empty().then_some(())
    }
    fn put_part(&self, _: &mut Vec<u8>) {}
    fn take_part(_: &mut &[u8]) -> Option<()> {
        Some(())
    }
}

macro_rules! tuple {
    ($($name:ident $part:ident),+) => {
        impl<$($name: Datum),+> Datum for ($($name,)+) {
            type View<'a> = ($($name::Part<'a>,)+);
            type Part<'a> = ($($name::Part<'a>,)+);

            fn put(&self, into: &mut Vec<u8>) {
                self.put_part(into);
            }
            fn view(mut bytes: &[u8]) -> Option<Self::View<'_>> {
                let parts = Self::take_part(&mut bytes)?;
                bytes.is_empty().then_some(parts)
            }
            fn put_part(&self, into: &mut Vec<u8>) {
                let ($($part,)+) = self;
                $($part.put_part(into);)+
            }
            fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Self::Part<'a>> {
                Some(($($name::take_part(bytes)?,)+))
            }
        }
    };
}

tuple!(A a, B b);
tuple!(A a, B b, C c);
tuple!(A a, B b, C c, D d);

/// Data that serde can serialize, as JSON. Such keys sort by their JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Datum for Json<T> {
    type View<'a> = T;
    type Part<'a> = T;

    /// Appends the data as JSON.
    ///
    /// # Panics
    /// If JSON cannot represent the data, such as a map whose keys are not strings.
    fn put(&self, into: &mut Vec<u8>) {
        serde_json::to_writer(into, &self.0).expect("JSON can represent the data");
    }
    fn view(bytes: &[u8]) -> Option<T> {
        serde_json::from_slice(bytes).ok()
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        let mut text = Vec::new();
        self.put(&mut text);
        put_escaped(&text, into);
    }
    fn take_part(bytes: &mut &[u8]) -> Option<T> {
        Self::view(&take_escaped(bytes)?)
    }
}

/// A reference is encoded as its target, for borrowed parts of tuples.
impl<T: Datum + ?Sized> Datum for &T {
    type View<'a> = T::View<'a>;
    type Part<'a> = T::Part<'a>;

    #[inline]
    fn put(&self, into: &mut Vec<u8>) {
        T::put(self, into);
    }
    #[inline]
    fn as_bytes(&self) -> Option<&[u8]> {
        T::as_bytes(self)
    }
    #[inline]
    fn view(bytes: &[u8]) -> Option<Self::View<'_>> {
        T::view(bytes)
    }
    fn put_part(&self, into: &mut Vec<u8>) {
        T::put_part(self, into);
    }
    fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<Self::Part<'a>> {
        T::take_part(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes<T: Datum + ?Sized>(datum: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        datum.put(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn encoded_values_sort_like_values_and_decode_to_them(
            a: (String, i64, Vec<u8>), b: (String, i64, Vec<u8>), x in any::<f64>(), y in any::<f64>(),
        ) {
            let tuple = |of: &(String, i64, Vec<u8>)| bytes(&(of.0.as_str(), of.1, &of.2[..]));
            prop_assert_eq!(tuple(&a).cmp(&tuple(&b)), a.cmp(&b));
            prop_assert_eq!(bytes(&x).cmp(&bytes(&y)), x.total_cmp(&y));
            let whole = tuple(&a);
            let (text, number, blob) = <(&str, i64, &[u8])>::view(&whole).unwrap();
            prop_assert_eq!((&*text, number, &*blob), (&*a.0, a.1, &*a.2));
            prop_assert!(<(&str, i64, &[u8])>::view(&whole[..whole.len() - 1]).is_none());
        }

        #[test]
        fn decoding_of_any_bytes_does_not_panic(any: Vec<u8>) {
            drop(<(&str, u64, Json<Vec<u8>>)>::view(&any));
            drop((f64::view(&any), <((), String)>::view(&any)));
        }
    }
}
