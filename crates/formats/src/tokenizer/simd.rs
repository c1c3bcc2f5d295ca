//! Comparison of 64 bytes at once.

use wide::u8x16;

/// Bytes that are compared at once.
pub(crate) type Block = [u8; 64];

/// Returns a mask with one bit for each byte of `block`, which is set if that byte equals `byte`. The lowest bit stands
/// for the first byte.
#[inline]
pub(crate) fn equal_mask(block: &Block, byte: u8) -> u64 {
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
        fn the_mask_has_a_bit_for_each_equal_byte(bytes: [[u8; 32]; 2], byte: u8, positions: u64) {
            let mut block: Block = bytes.concat().try_into().unwrap();
            for (at, target) in block.iter_mut().enumerate() {
            if positions >> at & 1 == 1 {
            *target = byte;
                }
            }
            let expected = (0..64).filter(|at| block[*at] == byte).fold(0, |bits, at| bits | 1u64 << at);
            prop_assert_eq!(equal_mask(&block, byte), expected);
        }
    }
}
