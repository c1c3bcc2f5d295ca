//! Cutting ranges of blobs into commands, and answers of commands into ranges. Pure.

use bytes::Bytes;

use crate::BlobRange;

/// Most bytes that one round trip answers: more would be held twice, once as it arrives.
const TRIP_BYTES: u64 = 8 << 20;
/// Most commands in one round trip.
const TRIP_COMMANDS: usize = 1_000;

/// A stretch of bytes inside one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The place of its range among the ranges.
    pub(super) range: usize,
    /// The number of the blob's chunk.
    pub(super) chunk: u64,
    /// Where it starts in the chunk.
    pub(super) start: u64,
    /// Bytes, at least 1.
    pub(super) len: u64,
}

/// Ranges that are being read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    ranges: &'a [BlobRange],
    chunk: u64,
    /// What was read of every range; `None` once it is known not to be there.
    answers: Vec<Option<Vec<u8>>>,
    /// The range and the byte of the blob that the next piece starts with.
    next: (usize, u64),
}

impl<'a> Reading<'a> {
    /// Blobs are in chunks of `chunk` bytes.
    pub(super) fn new(ranges: &'a [BlobRange], chunk: u64) -> Self {
        Self {
            ranges,
            chunk,
            answers: vec![Some(Vec::new()); ranges.len()],
            next: (0, ranges.first().map_or(0, |first| first.range.start)),
        }
    }

    /// What to ask for in the next round trip; nothing once all is read.
    pub(super) fn trip(&mut self) -> Vec<Piece> {
        let (mut pieces, mut room) = (Vec::new(), TRIP_BYTES);
        while let (at, start) = self.next
            && let Some(BlobRange { range, .. }) = self.ranges.get(at)
        {
            if start >= range.end || self.answers[at].is_none() {
                let following = self.ranges.get(at + 1);
                self.next = (at + 1, following.map_or(0, |next| next.range.start));
                continue;
            }
            if room == 0 || pieces.len() == TRIP_COMMANDS {
                break;
            }
            let within = start % self.chunk;
            let len = (range.end - start).min(self.chunk - within);
            // A range that fits one round trip is not cut for what little room is left in this one.
            if len > room && room < TRIP_BYTES {
                break;
            }
            let len = len.min(room);
            pieces.push(Piece {
                range: at,
                chunk: start / self.chunk,
                start: within,
                len,
            });
            room -= len;
            self.next = (at, start + len);
        }
        pieces
    }

    /// Takes what the key of `piece` held.
    pub(super) fn take(&mut self, piece: &Piece, bytes: Vec<u8>) {
        let answer = &mut self.answers[piece.range];
        match answer {
            _ if bytes.len() as u64 != piece.len => *answer = None,
            Some(read) if read.is_empty() => *read = bytes,
            Some(read) => read.extend_from_slice(&bytes),
            None => {}
        }
    }

    /// What was read, range by range.
    pub(super) fn answers(self) -> Vec<Option<Bytes>> {
        let answers = self.answers.into_iter();
        answers.map(|answer| answer.map(Bytes::from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use mapreduce::TaskIndex;
    use proptest::prelude::*;

    use super::*;
    use crate::BlobId;

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

    /// Reads from one blob that holds `blob`; also answers how many bytes each round trip carried.
    fn read(blob: &[u8], of: &[Range<u64>], chunk: u64) -> (Vec<Option<Bytes>>, Vec<u64>) {
        let ranges = ranges(of);
        let (mut reading, mut trips) = (Reading::new(&ranges, chunk), Vec::new());
        loop {
            let pieces = reading.trip();
            if pieces.is_empty() {
                return (reading.answers(), trips);
            }
            trips.push(pieces.iter().map(|piece| piece.len).sum());
            assert!(pieces.len() <= TRIP_COMMANDS);
            for piece in pieces {
                assert!(piece.start + piece.len <= chunk);
                let start = piece.chunk * chunk + piece.start;
                let at = |at: u64| usize::try_from(at).unwrap().min(blob.len());
                let bytes = blob[at(start)..at(start + piece.len)].to_vec();
                reading.take(&piece, bytes);
            }
        }
    }

    proptest! {
        #[test]
        fn ranges_come_back_whatever_the_chunks(
            blob in prop::collection::vec(any::<u8>(), 0..300),
            of in prop::collection::vec((0_u64..310, 0_u64..310), 0..20),
            chunk in 1_u64..400,
        ) {
            let of: Vec<_> = of.into_iter().map(|(start, end)| start..end).collect();
            let (answers, _) = read(&blob, &of, chunk);
            prop_assert_eq!(answers.len(), of.len());
            for (range, answer) in of.iter().zip(answers) {
                let expected = if range.is_empty() {
                    Some(&[][..])
                } else {
                    blob.get(range.start as usize..range.end as usize)
                };
                prop_assert_eq!(answer.as_deref(), expected);
            }
        }
    }

    #[test]
    fn a_round_trip_carries_a_bounded_number_of_bytes_and_commands() {
        let blob = vec![7; 20 << 20];
        let (answers, trips) = read(&blob, &[0..20 << 20, 5..9], 64 << 20);
        assert_eq!(answers[0].as_deref(), Some(&blob[..]));
        assert_eq!(trips, [8 << 20, 8 << 20, (4 << 20) + 4]);
        let small: Vec<_> = (0..2_500).map(|at| at..at + 1).collect();
        assert_eq!(read(&blob, &small, 64 << 20).1, [1_000, 1_000, 500]);
        let large = vec![0..5 << 20; 3];
        assert_eq!(read(&blob, &large, 64 << 20).1, [5 << 20; 3]);
    }

    #[test]
    fn a_range_far_beyond_the_end_is_given_up_after_one_round_trip() {
        let (answers, trips) = read(b"short", &[0..u64::MAX, 1..5], 2);
        assert_eq!(answers, [None, Some(Bytes::from_static(b"hort"))]);
        assert!(trips.len() <= 2, "{trips:?}");
    }
}
