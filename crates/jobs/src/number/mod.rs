//! Numbers in cells: exact values, sums, and sort keys.

mod bytes;
mod decimal;
mod float;
mod format;
mod order;
mod parts;
mod sum;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use bytes::{put_json, take};
pub(crate) use decimal::Decimal;
pub(crate) use format::{DecimalSeparator, NumberFormat, ThousandsSeparator};
pub(crate) use order::put_order;
pub(crate) use sum::Sum;
pub(crate) use value::Number;
