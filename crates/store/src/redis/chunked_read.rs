//! Splits ranges of blobs into commands, and joins the replies into ranges. Pure.

use bytes::Bytes;

use crate::types::BlobRange;

/// Most bytes in the replies of one round trip. They are in memory twice while they arrive.
const TRIP_BYTES: u64 = 8 << 20;
/// Maximum number of commands in one round trip.
const TRIP_COMMANDS: usize = 1_000;

/// A byte range inside one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Index of the requested range.
    pub(super) range: usize,
    /// Number of the chunk of the blob.
    pub(super) chunk: u64,
    /// Offset in the chunk.
    pub(super) start: u64,
    /// Length in bytes, at least 1.
    pub(super) len: u64,
}

/// A read of ranges in progress.
#[derive(Debug)]
pub(super) struct ChunkedRead<'a> {
    ranges: &'a [BlobRange],
    chunk: u64,
    /// Bytes of each range that were read. `None` if the range does not exist.
    replies: Vec<Option<Vec<u8>>>,
    /// Index of the range and offset in the blob of the next piece.
    next: (usize, u64),
}

impl<'a> ChunkedRead<'a> {
    /// Starts a read of blobs in chunks of `chunk` bytes.
    pub(super) fn new(ranges: &'a [BlobRange], chunk: u64) -> Self {
        Self {
            ranges,
            chunk,
            replies: vec![Some(Vec::new()); ranges.len()],
            next: (0, ranges.first().map_or(0, |first| first.range.start)),
        }
    }

    /// Returns the pieces to read in the next round trip. The list is empty once all pieces are read.
    pub(super) fn next_batch(&mut self) -> Vec<Piece> {
        let (mut pieces, mut free) = (Vec::new(), TRIP_BYTES);
        while let (at, start) = self.next
            && let Some(BlobRange { range, .. }) = self.ranges.get(at)
        {
            if start >= range.end || self.replies[at].is_none() {
                let following = self.ranges.get(at + 1);
                self.next = (at + 1, following.map_or(0, |next| next.range.start));
                continue;
            }
            if free == 0 || pieces.len() == TRIP_COMMANDS {
                break;
            }
            let within = start % self.chunk;
            let len = (range.end - start).min(self.chunk - within);
            // A range that fits one round trip is not split to fill the rest of this one.
            if len > free && free < TRIP_BYTES {
                break;
            }
            let len = len.min(free);
            pieces.push(Piece {
                range: at,
                chunk: start / self.chunk,
                start: within,
                len,
            });
            free -= len;
            self.next = (at, start + len);
        }
        pieces
    }

    /// Adds the reply for `piece`.
    pub(super) fn add_reply(&mut self, piece: &Piece, bytes: Vec<u8>) {
        let reply = &mut self.replies[piece.range];
        match reply {
            _ if bytes.len() as u64 != piece.len => *reply = None,
            Some(read) if read.is_empty() => *read = bytes,
            Some(read) => read.extend_from_slice(&bytes),
            None => {}
        }
    }

    /// Returns the bytes of each range.
    pub(super) fn into_ranges(self) -> Vec<Option<Bytes>> {
        let replies = self.replies.into_iter();
        replies.map(|reply| reply.map(Bytes::from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use mapreduce_core::TaskIndex;
    use proptest::prelude::*;

    use super::*;
    use crate::types::BlobId;

    fn ranges(of: &[Range<u64>]) -> Vec<BlobRange> {
        let blob = BlobId {
            task: TaskIndex(0),
            attempt: "a".to_owned(),
        };
        let range = |range: &Range<u64>| BlobRange {
            blob: blob.clone(),
            range: range.clone(),
        };
        of.iter().map(range).collect()
    }

    /// Reads from a single blob. Also returns the number of bytes in each round trip.
    fn read(blob: &[u8], of: &[Range<u64>], chunk: u64) -> (Vec<Option<Bytes>>, Vec<u64>) {
        let ranges = ranges(of);
        let (mut reading, mut trips) = (ChunkedRead::new(&ranges, chunk), Vec::new());
        loop {
            let pieces = reading.next_batch();
            if pieces.is_empty() {
                return (reading.into_ranges(), trips);
            }
            trips.push(pieces.iter().map(|piece| piece.len).sum());
            assert!(pieces.len() <= TRIP_COMMANDS);
            for piece in pieces {
                assert!(piece.start + piece.len <= chunk);
                let start = piece.chunk * chunk + piece.start;
                let at = |at: u64| usize::try_from(at).unwrap().min(blob.len());
                let bytes = blob[at(start)..at(start + piece.len)].to_vec();
                reading.add_reply(&piece, bytes);
            }
        }
    }

    proptest! {
        #[test]
        fn ranges_are_read_correctly_with_any_chunk_size(
            blob in prop::collection::vec(any::<u8>(), 0..300),
            of in prop::collection::vec((0_u64..310, 0_u64..310), 0..20),
            chunk in 1_u64..400,
        ) {
            let of: Vec<_> = of.into_iter().map(|(start, end)| start..end).collect();
            let (replies, _) = read(&blob, &of, chunk);
            prop_assert_eq!(replies.len(), of.len());
            for (range, reply) in of.iter().zip(replies) {
                let expected = if range.is_empty() {
                    Some(&[][..])
                } else {
                    blob.get(range.start as usize..range.end as usize)
                };
                prop_assert_eq!(reply.as_deref(), expected);
            }
        }
    }

    #[test]
    fn a_round_trip_carries_a_bounded_number_of_bytes_and_commands() {
        let blob = vec![7; 20 << 20];
        let (replies, trips) = read(&blob, &[0..20 << 20, 5..9], 64 << 20);
        assert_eq!(replies[0].as_deref(), Some(&blob[..]));
        assert_eq!(trips, [8 << 20, 8 << 20, (4 << 20) + 4]);
        let small: Vec<_> = (0..2_500).map(|at| at..at + 1).collect();
        assert_eq!(read(&blob, &small, 64 << 20).1, [1_000, 1_000, 500]);
        let large = vec![0..5 << 20; 3];
        assert_eq!(read(&blob, &large, 64 << 20).1, [5 << 20; 3]);
    }

    #[test]
    fn a_range_far_behind_the_end_fails_after_one_round_trip() {
        let (replies, trips) = read(b"short", &[0..u64::MAX, 1..5], 2);
        assert_eq!(replies, [None, Some(Bytes::from_static(b"hort"))]);
        assert!(trips.len() <= 2, "{trips:?}");
    }
}
