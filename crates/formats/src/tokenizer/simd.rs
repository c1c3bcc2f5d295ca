//! Looking at 64 bytes at once.

use wide::u8x16;

/// What is looked at at once.
pub(crate) type Block = [u8; 64];

/// One bit for each byte of `block`, the first byte's lowest: whether it is `byte`.
#[inline]
pub(crate) fn equal(block: &Block, byte: u8) -> u64 {
    let wanted = u8x16::splat(byte);
    let (quarters, _) = block.as_chunks::<16>();
    let bits = |at: usize| {
        let equal = u8x16::new(quarters[at]).simd_eq(wanted);
        u64::from(equal.to_bitmask() as u16) << (16 * at)
    };
    bits(0) | bits(1) | bits(2) | bits(3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bit_tells_of_each_byte_whether_it_is_the_one(bytes: [[u8; 32]; 2], byte: u8, places: u64) {
            let mut block: Block = bytes.concat().try_into().unwrap();
            for (at, there) in block.iter_mut().enumerate() {
                if places >> at & 1 == 1 {
                    *there = byte;
                }
            }
            let expected = (0..64).filter(|at| block[*at] == byte).fold(0, |bits, at| bits | 1u64 << at);
            prop_assert_eq!(equal(&block, byte), expected);
        }
    }
}
