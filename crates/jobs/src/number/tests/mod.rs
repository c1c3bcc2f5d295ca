mod formats;
mod keys;
mod oracle;
mod sums;
mod values;
