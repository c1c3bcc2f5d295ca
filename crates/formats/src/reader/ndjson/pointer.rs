//! Where JSON pointers lead.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text::put;

/// The pointers that go on from a value.
#[derive(Debug, Default)]
pub(super) struct Branch {
    /// Those that end here.
    ends: Vec<usize>,
    /// Those that go on, by the name of an object's member, or the place in an array as digits.
    next: Vec<(String, Branch)>,
}

impl Branch {
    /// The tree of some pointers, as RFC 6901 writes them.
    pub(super) fn new(pointers: &[String]) -> Self {
        let mut root = Self::default();
        for (nth, pointer) in pointers.iter().enumerate() {
            let mut branch = &mut root;
            // Before the first slash there is nothing.
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

    /// As the place in an array; `00` and `-` are none.
    fn numbered(&self, nth: u64) -> Option<&Self> {
        let is_it = |part: &str| part.parse() == Ok(nth) && *part == nth.to_string();
        let mut next = self.next.iter();
        next.find(|(part, _)| is_it(part)).map(|(_, branch)| branch)
    }

    /// Forgets what was found from here on: a member of the same name comes later.
    fn forget(&self, found: &mut [Option<&RawValue>]) {
        self.ends.iter().for_each(|end| found[*end] = None);
        self.next
            .iter()
            .for_each(|(_, branch)| branch.forget(found));
    }
}

/// Notes in `found` where the pointers lead in `json`, which is UTF-8.
///
/// # Errors
/// It is no JSON.
pub(super) fn walk<'a>(
    json: &'a [u8],
    root: &Branch,
    found: &mut [Option<&'a RawValue>],
) -> serde_json::Result<()> {
    if once(json, root, found, false).is_ok() {
        return Ok(());
    }
    // A number beyond 64 bits, or half a character, where a pointer goes on, is JSON all the same; so is a name with
    // a control character that is escaped.
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

/// A value on the way.
struct Walk<'b, 'f, 'a> {
    branch: &'b Branch,
    found: &'f mut [Option<&'a RawValue>],
    /// Whether values that are neither objects nor arrays are only looked at as text.
    careful: bool,
}

impl<'b, 'a> Walk<'b, '_, 'a> {
    /// A value on the way from here.
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

    // No pointer goes on from any of these.
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

/// The branch at the name of a member. As bytes: a name may hold half a character. These may hold a control
/// character too, which JSON has only as an escape: so a name with one is looked at again, with care.
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
        // No pointer has half a character.
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
            true => Err(E::custom("a control character in a name")),
            false => Ok(self.branch.named(name)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        self.visit_bytes(name.as_bytes())
    }
}
