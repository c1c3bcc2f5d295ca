//! Keys and values in lines.

/// Separator between key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Separator {
    text: Vec<u8>,
    /// Number of fields in a key, at least 1.
    key_fields: usize,
}

impl Separator {
    /// Creates a separator that ends a key after `key_fields` fields.
    pub(crate) fn new(text: &str, key_fields: usize) -> Self {
        Self {
            text: text.as_bytes().to_vec(),
            key_fields,
        }
    }

    /// Splits a line into key and value. The value starts with the separator if the line has one, so that no byte is
    /// lost.
    #[inline]
    pub(crate) fn key_and_value<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        if let ([byte], 1) = (&self.text[..], self.key_fields) {
            return line.split_at(memchr::memchr(*byte, line).unwrap_or(line.len()));
        }
        let mut found = memchr::memmem::find_iter(line, &self.text);
        line.split_at(found.nth(self.key_fields - 1).unwrap_or(line.len()))
    }

    /// Writes a pair as a line for a command. A key without a value gets a separator too, because scripts for Hadoop
    /// rely on it.
    #[inline]
    pub(crate) fn write_line(&self, key: &[u8], value: &[u8], into: &mut Vec<u8>) {
        into.extend_from_slice(key);
        match value {
            [] => into.extend_from_slice(&self.text),
            value => into.extend_from_slice(value),
        }
        into.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(separator: &Separator, line: &str, key: &str, value: &str, read: &str) {
        let found = separator.key_and_value(line.as_bytes());
        assert_eq!(found, (key.as_bytes(), value.as_bytes()), "{line:?}");
        let mut written = Vec::new();
        separator.write_line(found.0, found.1, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), read, "{line:?}");
    }

    #[test]
    fn the_first_separator_of_a_line_ends_the_key() {
        let tab = Separator::new("\t", 1);
        check(&tab, "a\tb\tc", "a", "\tb\tc", "a\tb\tc\n");
        check(&tab, "a\t", "a", "\t", "a\t\n");
        check(&tab, "\ta", "", "\ta", "\ta\n");
        check(&tab, "a b", "a b", "", "a b\t\n");
        check(&tab, "", "", "", "\t\n");
    }

    #[test]
    fn a_key_may_have_several_fields_and_a_separator_several_bytes() {
        let two = Separator::new(".", 2);
        check(&two, "a.b.c.d", "a.b", ".c.d", "a.b.c.d\n");
        check(&two, "a.b", "a.b", "", "a.b.\n");
        let long = Separator::new("::", 1);
        check(&long, "a:b::c", "a:b", "::c", "a:b::c\n");
    }
}
