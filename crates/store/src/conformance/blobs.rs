//! The contract of [`BlobStore`], as tests for any blob store.
//!
//! ```text
//! store::blob_conformance_tests!(MyBlobs::new());
//! ```
//! `MyBlobs` implements [`BlobHarness`], and every check gets a new harness.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::{JobId, TaskIndex};

use crate::traits::BlobStore;
use crate::types::{Blob, BlobId, BlobRange};

/// A blob store under test, which is empty at first.
pub trait BlobHarness: Send + Sync {
    /// Type of the blob store.
    type Blobs: BlobStore;

    /// Returns a handle on the blob store. All handles of a harness share one store.
    fn blobs(&self) -> Self::Blobs;
}

/// Returns a job id.
pub fn job(name: &str) -> JobId {
    JobId::new(name).expect("tests use valid job ids")
}

/// Returns the name of a blob.
pub fn id(task: u32, attempt: &str) -> BlobId {
    BlobId {
        task: TaskIndex(task),
        attempt: attempt.to_owned(),
    }
}

/// Returns a byte range of a blob.
pub fn range(blob: &BlobId, range: Range<u64>) -> BlobRange {
    BlobRange {
        blob: blob.clone(),
        range,
    }
}

/// Returns `len` bytes with few repetitions, so that a wrong offset shows.
pub fn bytes(len: usize) -> Vec<u8> {
    let mixed = |at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8;
    (0..).map(mixed).take(len).collect()
}

/// Returns a blob in a new file.
pub fn in_file(bytes: &[u8]) -> Blob {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("space for a small file");
    Blob::File(Arc::new(file.into_temp_path()), bytes.len() as u64)
}

/// Reads ranges of one blob.
pub async fn read(
    blobs: &impl BlobStore,
    job: &JobId,
    blob: &BlobId,
    ranges: &[Range<u64>],
) -> Vec<Option<Vec<u8>>> {
    let ranges: Vec<_> = ranges.iter().map(|of| range(blob, of.clone())).collect();
    let replies = blobs.read(job, &ranges).await.expect("blobs can be read");
    let copied = |reply: Option<bytes::Bytes>| reply.map(Vec::from);
    replies.into_iter().map(copied).collect()
}

/// Reads one range of one blob.
pub async fn read_one(
    blobs: &impl BlobStore,
    job: &JobId,
    blob: &BlobId,
    range: Range<u64>,
) -> Option<Vec<u8>> {
    let mut found = read(blobs, job, blob, std::slice::from_ref(&range)).await;
    assert_eq!(found.len(), 1, "one reply per range");
    found.remove(0)
}

async fn put(blobs: &impl BlobStore, job: &JobId, id: &BlobId, blob: impl Into<Blob>) {
    blobs
        .put(job, id, &blob.into())
        .await
        .expect("blobs can be put");
}

/// A blob can be read by all workers as soon as the put returns.
pub async fn a_blob_that_was_put_can_be_read_by_all<H: BlobHarness>(harness: &H) {
    let (job, run) = (job("j"), id(7, "w-1.a_2"));
    put(&harness.blobs(), &job, &run, bytes(1_000)).await;
    let found = read_one(&harness.blobs(), &job, &run, 0..1_000).await;
    assert_eq!(found, Some(bytes(1_000)));
}

/// A range may start and end at any byte of the blob, and must not extend beyond its end.
pub async fn ranges_reach_both_ends_of_a_blob<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    put(&blobs, &job, &run, bytes(300)).await;
    let ranges = [0..1, 299..300, 299..301, 300..301, 400..500, 1..300, 0..299];
    let found = read(&blobs, &job, &run, &ranges).await;
    let all = bytes(300);
    let expected = ranges.map(|range| {
        let expected = all.get(range.start as usize..range.end as usize);
        expected.map(<[u8]>::to_vec)
    });
    assert_eq!(found, expected);
}

/// Missing and short blobs differ from complete ones. A wrong length must not allocate memory.
pub async fn a_missing_or_short_blob_reads_as_none<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    assert_eq!(read_one(&blobs, &job, &run, 0..1).await, None);
    put(&blobs, &job, &run, b"abc".to_vec()).await;
    let found = read(&blobs, &job, &run, &[0..3, 0..4, 0..1 << 60, 3..4]).await;
    assert_eq!(found, [Some(b"abc".to_vec()), None, None, None]);
    for other in [id(0, "b"), id(1, "a"), id(0, "A")] {
        assert_eq!(read_one(&blobs, &job, &other, 0..3).await, None);
    }
}

/// An empty range is empty, even if the blob does not exist.
pub async fn empty_ranges_are_empty<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    let empty = [Some(Vec::new()), Some(Vec::new())];
    assert_eq!(read(&blobs, &job, &run, &[0..0, 9..9]).await, empty);
    put(&blobs, &job, &run, b"abc".to_vec()).await;
    assert_eq!(read(&blobs, &job, &run, &[3..3, 9..9]).await, empty);
    assert_eq!(read(&blobs, &job, &run, &[]).await, [None; 0]);
}

/// A task may have no output.
pub async fn a_blob_may_be_empty<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    put(&blobs, &job, &run, Vec::new()).await;
    put(&blobs, &job, &id(1, "a"), in_file(b"")).await;
    let found = read(&blobs, &job, &run, &[0..0, 0..1]).await;
    assert_eq!(found, [Some(Vec::new()), None]);
    blobs.remove(&job, &[run]).await.expect("it can be removed");
}

/// An attempt that does not know whether its put succeeded puts the blob again.
pub async fn the_same_blob_may_be_put_again<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    for blob in [
        Blob::from(bytes(500)),
        in_file(&bytes(500)),
        bytes(500).into(),
    ] {
        put(&blobs, &job, &run, blob).await;
        let found = read_one(&blobs, &job, &run, 0..500).await;
        assert_eq!(found, Some(bytes(500)));
    }
}

/// Two concurrent puts of one blob leave it complete.
pub async fn a_blob_may_be_put_twice_at_the_same_time<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    let blob = Blob::from(bytes(5_000));
    let put = || blobs.put(&job, &run, &blob);
    let (first, second) = tokio::join!(put(), put());
    first.and(second).expect("both can put");
    let found = read_one(&blobs, &job, &run, 0..5_000).await;
    assert_eq!(found, Some(bytes(5_000)));
}

/// A blob in a file is read like any other, even after the writer drops the file.
pub async fn a_blob_in_a_file_is_stored<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    put(&blobs, &job, &run, in_file(&bytes(5_000))).await;
    let ranges = [0..5_000, 4_999..5_000, 4_999..5_001, 10..20];
    let found = read(&blobs, &job, &run, &ranges).await;
    let all = bytes(5_000);
    let expected = [
        Some(all.clone()),
        Some(all[4_999..].to_vec()),
        None,
        Some(all[10..20].to_vec()),
    ];
    assert_eq!(found, expected);
    blobs.remove(&job, &[run]).await.expect("it can be removed");
}

/// Large blobs behave like small ones.
pub async fn a_large_blob_is_stored<H: BlobHarness>(harness: &H) {
    const LEN: u64 = (20 << 20) + 17;
    let (blobs, job, all) = (harness.blobs(), job("j"), bytes(LEN as usize));
    for (task, blob) in [(0, Blob::from(all.clone())), (1, in_file(&all))] {
        let run = id(task, "a");
        put(&blobs, &job, &run, blob).await;
        let ranges = [0..LEN, LEN - 9..LEN, LEN - 9..LEN + 1, 8 << 20..9 << 20];
        let found = read(&blobs, &job, &run, &ranges).await;
        for (range, found) in ranges.into_iter().zip(found) {
            // Compared without `assert_eq`, which would print megabytes.
            let expected = all.get(range.start as usize..range.end as usize);
            assert!(found.as_deref() == expected, "{range:?} of {task}");
        }
    }
}

/// Many ranges of many blobs are returned in the order of the request.
pub async fn many_ranges_come_back_in_order<H: BlobHarness>(harness: &H) {
    let (blobs, job) = (harness.blobs(), job("j"));
    for task in 0..40 {
        let blob = bytes(100 + task as usize);
        put(&blobs, &job, &id(task, "a"), blob).await;
    }
    let ranges: Vec<_> = (0..2_500_u64)
        .map(|at| range(&id((at * 7 % 41) as u32, "a"), at % 90..at % 90 + at % 30))
        .collect();
    let found = blobs.read(&job, &ranges).await.expect("blobs can be read");
    assert_eq!(found.len(), ranges.len());
    for (BlobRange { blob, range }, found) in ranges.into_iter().zip(found) {
        let (task, range) = (
            blob.task.0 as usize,
            range.start as usize..range.end as usize,
        );
        let all = bytes(100 + task);
        let stored = all.get(range.clone()).filter(|_| task < 40);
        let expected = if range.is_empty() {
            Some(&[][..])
        } else {
            stored
        };
        assert_eq!(found.as_deref(), expected, "{blob} {range:?}");
    }
}

/// Any bytes can be stored.
pub async fn any_bytes_are_stored<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(u32::MAX, "a"));
    let mut all: Vec<u8> = (0..=255).collect();
    all.extend_from_slice(b"\r\n$-1\r\n\0\0");
    put(&blobs, &job, &run, all.clone()).await;
    let found = read_one(&blobs, &job, &run, 0..all.len() as u64).await;
    assert_eq!(found, Some(all));
}

/// Removed blobs are gone, and no others.
pub async fn removed_blobs_are_gone<H: BlobHarness>(harness: &H) {
    let (blobs, job) = (harness.blobs(), job("j"));
    let ids: Vec<_> = (0..1_100).map(|task| id(task, "a")).collect();
    for id in &ids {
        put(&blobs, &job, id, bytes(10)).await;
    }
    let remove = async |ids: &[BlobId]| blobs.remove(&job, ids).await.expect("it can be removed");
    remove(&ids[..1_099]).await;
    remove(&[]).await;
    let ranges: Vec<_> = ids.iter().map(|id| range(id, 0..10)).collect();
    let found = blobs.read(&job, &ranges).await.expect("blobs can be read");
    assert!(found[..1_099].iter().all(Option::is_none));
    assert_eq!(found[1_099].as_deref(), Some(&bytes(10)[..]));
    // Missing blobs are not an error, and a job may put blobs again after its last one was removed.
    remove(&ids).await;
    remove(&ids).await;
    put(&blobs, &job, &ids[3], bytes(10)).await;
    let found = read_one(&blobs, &job, &ids[3], 0..10).await;
    assert_eq!(found, Some(bytes(10)));
}

/// Jobs do not share blobs.
pub async fn jobs_do_not_share_blobs<H: BlobHarness>(harness: &H) {
    let (blobs, run) = (harness.blobs(), id(0, "a"));
    let (one, two) = (job("one"), job("two"));
    put(&blobs, &one, &run, bytes(10)).await;
    assert_eq!(read_one(&blobs, &two, &run, 0..10).await, None);
    put(&blobs, &two, &run, bytes(20)).await;
    let removed = blobs.remove(&one, std::slice::from_ref(&run)).await;
    removed.expect("it can be removed");
    assert_eq!(read_one(&blobs, &one, &run, 0..10).await, None);
    let found = read_one(&blobs, &two, &run, 0..20).await;
    assert_eq!(found, Some(bytes(20)));
}

/// Blobs with an extended lifetime exist. Missing blobs are not an error.
pub async fn blobs_with_an_extended_lifetime_stay<H: BlobHarness>(harness: &H) {
    let (blobs, job, run) = (harness.blobs(), job("j"), id(0, "a"));
    put(&blobs, &job, &run, bytes(5_000)).await;
    for lasting in [Duration::from_secs(3600), Duration::MAX] {
        let kept = blobs
            .extend_lifetime(&job, &[run.clone(), id(1, "b")], lasting)
            .await;
        kept.expect("it can be kept");
        let found = read_one(&blobs, &job, &run, 0..5_000).await;
        assert_eq!(found, Some(bytes(5_000)));
    }
}
