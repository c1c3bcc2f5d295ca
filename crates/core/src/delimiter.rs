//! Names of the delimiters between cells.

/// Delimiter of cells, or of key and value, as the user requests it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// The planner finds the delimiter in the first bytes of each input.
    Auto,
    /// An ASCII character.
    Character(u8),
}

impl Delimiter {
    /// Delimiters that have names.
    const NAMED: [(&str, u8); 7] = [
        ("tab", b'\t'),
        ("\\t", b'\t'),
        ("comma", b','),
        ("semicolon", b';'),
        ("pipe", b'|'),
        ("space", b' '),
        ("colon", b':'),
    ];

    /// Returns the delimiter with this name, such as `tab` or `semicolon`.
    pub fn named(name: &str) -> Option<u8> {
        let named = Self::NAMED.iter().find(|(known, _)| *known == name);
        named.map(|(_, character)| *character)
    }

    /// Returns a text that stands for the delimiter `character` in settings: its name, or else the character.
    pub fn name(character: u8) -> String {
        let named = Self::NAMED.iter().find(|(_, known)| *known == character);
        match named {
            Some((name, _)) => (*name).to_owned(),
            None => char::from(character).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_its_character() {
        for (name, character) in Delimiter::NAMED {
            assert_eq!(Delimiter::named(name), Some(character));
            assert_eq!(
                Delimiter::named(&Delimiter::name(character)),
                Some(character)
            );
        }
        assert_eq!(Delimiter::named("Tab"), None);
        assert_eq!(Delimiter::name(b'~'), "~");
    }
}
