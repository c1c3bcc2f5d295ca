//! Open-addressing hash table of counts, ordered by the hash of the keys.

mod count_table;
#[cfg(test)]
mod tests;

pub use count_table::CountTable;
