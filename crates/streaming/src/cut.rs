//! Keys and values in lines.

/// Where a line is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    separator: Vec<u8>,
    /// How many fields the key has, at least 1.
    fields: usize,
}

impl Cut {
    /// The key is what lies before the separator that comes so many `fields` behind the start.
    pub(crate) fn new(separator: &str, fields: usize) -> Self {
        Self {
            separator: separator.as_bytes().to_vec(),
            fields,
        }
    }

    /// Key and value of a line; the value begins with the separator, if there is one: nothing of the line is lost.
    #[inline]
    pub(crate) fn key_and_value<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        if let ([byte], 1) = (&self.separator[..], self.fields) {
            return line.split_at(memchr::memchr(*byte, line).unwrap_or(line.len()));
        }
        let mut found = memchr::memmem::find_iter(line, &self.separator);
        line.split_at(found.nth(self.fields - 1).unwrap_or(line.len()))
    }

    /// Writes a pair as the line that a command reads. One without a value has the separator too, as scripts
    /// for Hadoop expect.
    #[inline]
    pub(crate) fn put(&self, key: &[u8], value: &[u8], into: &mut Vec<u8>) {
        into.extend_from_slice(key);
        match value {
            [] => into.extend_from_slice(&self.separator),
            value => into.extend_from_slice(value),
        }
        into.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cut: &Cut, line: &str, key: &str, value: &str, read: &str) {
        let found = cut.key_and_value(line.as_bytes());
        assert_eq!(found, (key.as_bytes(), value.as_bytes()), "{line:?}");
        let mut written = Vec::new();
        cut.put(found.0, found.1, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), read, "{line:?}");
    }

    #[test]
    fn a_line_is_cut_at_its_first_separator() {
        let tab = Cut::new("\t", 1);
        check(&tab, "a\tb\tc", "a", "\tb\tc", "a\tb\tc\n");
        check(&tab, "a\t", "a", "\t", "a\t\n");
        check(&tab, "\ta", "", "\ta", "\ta\n");
        check(&tab, "a b", "a b", "", "a b\t\n");
        check(&tab, "", "", "", "\t\n");
    }

    #[test]
    fn a_key_may_have_several_fields_and_a_separator_several_bytes() {
        let two = Cut::new(".", 2);
        check(&two, "a.b.c.d", "a.b", ".c.d", "a.b.c.d\n");
        check(&two, "a.b", "a.b", "", "a.b.\n");
        let long = Cut::new("::", 1);
        check(&long, "a:b::c", "a:b", "::c", "a:b::c\n");
    }
}
