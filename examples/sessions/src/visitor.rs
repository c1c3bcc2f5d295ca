//! The key that the mapper groups by.

/// Site and visitor: the key that the mapper groups by.
pub(crate) type Visitor = (String, String);
