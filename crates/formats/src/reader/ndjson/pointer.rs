//! Resolution of JSON pointers in one pass over a JSON value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text::put;

/// Node in the tree of the pointers.
#[derive(Debug, Default)]
pub(super) struct Branch {
    /// Indexes of the pointers that end at this node.
    ends: Vec<usize>,
    /// Child nodes, by the name of an object member or the decimal index of an array element.
    next: Vec<(String, Branch)>,
}

impl Branch {
    /// Builds the tree of `pointers`, which have the syntax of RFC 6901.
    pub(super) fn new(pointers: &[String]) -> Self {
        let mut root = Self::default();
        for (nth, pointer) in pointers.iter().enumerate() {
            let mut branch = &mut root;
            // The part before the first slash is always empty.
            for part in pointer.split('/').skip(1) {
                branch = branch.step(part.replace("~1", "/").replace("~0", "~"));
            }
            branch.ends.push(nth);
        }
        root
    }

    fn step(&mut self, part: String) -> &mut Self {
        let known = self.next.iter().position(|(name, _)| *name == part);
        let at = known.unwrap_or_else(|| {
            self.next.push((part, Self::default()));
            self.next.len() - 1
        });
        &mut self.next[at].1
    }

    fn named(&self, name: &[u8]) -> Option<&Self> {
        let mut next = self.next.iter();
        next.find(|(part, _)| part.as_bytes() == name)
            .map(|(_, branch)| branch)
    }

    /// Returns the child for an array index. `00` and `-` are not array indexes.
    fn numbered(&self, nth: u64) -> Option<&Self> {
        let is_it = |part: &str| part.parse() == Ok(nth) && *part == nth.to_string();
        let mut next = self.next.iter();
        next.find(|(part, _)| is_it(part)).map(|(_, branch)| branch)
    }

    /// Removes the values found at and below this node, because a later member has the same name.
    fn forget(&self, found: &mut [Option<&RawValue>]) {
        self.ends.iter().for_each(|end| found[*end] = None);
        self.next
            .iter()
            .for_each(|(_, branch)| branch.forget(found));
    }
}

/// Stores the values of the pointers in `json` in `found`. `json` must be UTF-8.
///
/// # Errors
/// The text is not valid JSON.
pub(super) fn walk<'a>(
    json: &'a [u8],
    root: &Branch,
    found: &mut [Option<&'a RawValue>],
) -> serde_json::Result<()> {
    if once(json, root, found, false).is_ok() {
        return Ok(());
    }
    // The fast pass refuses some valid JSON on the path of a pointer: numbers over 64 bits, lone surrogates, and names
    // with escaped control characters. The careful pass accepts them.
    found.fill(None);
    once(json, root, found, true)
}

fn once<'a>(
    json: &'a [u8],
    branch: &Branch,
    found: &mut [Option<&'a RawValue>],
    careful: bool,
) -> serde_json::Result<()> {
    let mut from = serde_json::Deserializer::from_slice(json);
    let walk = Walk {
        branch,
        found,
        careful,
    };
    walk.deserialize(&mut from)?;
    from.end()
}

/// Visitor of a value on the path of a pointer.
struct Walk<'b, 'f, 'a> {
    branch: &'b Branch,
    found: &'f mut [Option<&'a RawValue>],
    /// True if values are read as raw text before they are visited.
    careful: bool,
}

impl<'b, 'a> Walk<'b, '_, 'a> {
    /// Returns a visitor for a child of this value.
    fn at(&mut self, branch: &'b Branch) -> Walk<'b, '_, 'a> {
        Walk {
            branch,
            found: &mut *self.found,
            careful: self.careful,
        }
    }
}

impl<'a> DeserializeSeed<'a> for Walk<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        if self.branch.ends.is_empty() && !self.careful {
            return from.deserialize_any(self);
        }
        let value = <&RawValue as serde::Deserialize>::deserialize(from)?;
        let ends = self.branch.ends.iter();
        ends.for_each(|end| self.found[*end] = Some(value));
        if self.branch.next.is_empty() || !value.get().starts_with(['{', '[']) {
            return Ok(());
        }
        let mut again = serde_json::Deserializer::from_str(value.get());
        again
            .deserialize_any(self)
            .map_err(<D::Error as serde::de::Error>::custom)
    }
}

impl<'a> Visitor<'a> for Walk<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(branch) = map.next_key_seed(Name {
            branch: self.branch,
            careful: self.careful,
        })? {
            let Some(branch) = branch else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            branch.forget(self.found);
            map.next_value_seed(self.at(branch))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut items: A) -> Result<(), A::Error> {
        for nth in 0.. {
            let more = match self.branch.numbered(nth) {
                Some(branch) => items.next_element_seed(self.at(branch))?.is_some(),
                None => items.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    // No pointer leads through a scalar value.
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Lookup of the child node for the name of a member.
///
/// The fast pass reads names as bytes, because a name may contain a lone surrogate. `serde_json` then accepts raw
/// control characters, which JSON allows only as escapes. A name with a control character therefore fails the fast pass
/// and is checked by the careful pass.
struct Name<'b> {
    branch: &'b Branch,
    careful: bool,
}

impl<'a, 'b> DeserializeSeed<'a> for Name<'b> {
    type Value = Option<&'b Branch>;

    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        if !self.careful {
            return from.deserialize_bytes(self);
        }
        let json = <&RawValue as serde::Deserialize>::deserialize(from)?;
        let mut name = Vec::new();
        // A pointer cannot contain a lone surrogate, so a name with one never matches.
        let whole = put(json, &mut name) == 0;
        Ok(self.branch.named(&name).filter(|_| whole))
    }
}

impl<'b> Visitor<'_> for Name<'b> {
    type Value = Option<&'b Branch>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        match name.iter().any(u8::is_ascii_control) {
            true => Err(E::custom("invalid control character in a name")),
            false => Ok(self.branch.named(name)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        self.visit_bytes(name.as_bytes())
    }
}
