//! Measures the speed of a blob store. Run it by hand: `cargo run --release -p store --example blob_speed -- URL`.
//!
//! Puts 32 blobs of 1 MiB, and reads each in 8 ranges of 128 KiB as a reducer does: 256 ranges, 32 in a call. Prints
//! medians in MB/s, and for comparison the speed of copying the same bytes in memory. Without a URL, a temporary folder
//! is measured.

#![expect(clippy::print_stdout, reason = "the example prints its measurements")]

use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::{JobId, TaskIndex};
use store::{
    Blob, BlobId, BlobRange, BlobStore, FolderBlobs, RedisOptions, RedisStore, StoreResult,
};
use tokio::time::Instant;

const BLOBS: u32 = 32;
const BLOB: u64 = 1 << 20;
const RANGE: u64 = 128 << 10;
const ROUNDS: usize = 21;
const LASTING: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = Bytes::from(vec![7; BLOB as usize]);
    let copies = rounds(async || {
        let copies: Vec<_> = (0..BLOBS).map(|_| bytes.to_vec()).collect();
        std::hint::black_box(copies);
        Ok(())
    });
    println!("memcpy   {:7.0} MB/s", copies.await?);
    if let Some(url) = std::env::args().nth(1) {
        let options = RedisOptions {
            url,
            ..RedisOptions::default()
        };
        measure(&RedisStore::new(options)?.blobs(LASTING), &bytes).await?;
    } else {
        let folder = tempfile::tempdir()?;
        measure(&FolderBlobs::new(folder.path(), LASTING), &bytes).await?;
    }
    Ok(())
}

async fn measure(blobs: &impl BlobStore, bytes: &Bytes) -> Result<(), Box<dyn std::error::Error>> {
    let job = JobId::new("blob-speed")?;
    let ids: Vec<_> = (0..BLOBS)
        .map(|task| BlobId {
            task: TaskIndex(task),
            attempt: "a".to_owned(),
        })
        .collect();
    let blob = Blob::Memory(bytes.clone());
    let put = rounds(async || {
        for id in &ids {
            blobs.put(&job, id, &blob).await?;
        }
        Ok(())
    });
    println!("put      {:7.0} MB/s", put.await?);
    let read = rounds(async || {
        for start in (0..BLOB).step_by(RANGE as usize) {
            let section = |id: &BlobId| BlobRange {
                blob: id.clone(),
                range: start..start + RANGE,
            };
            let sections: Vec<_> = ids.iter().map(section).collect();
            let found = blobs.read(&job, &sections).await?;
            assert!(found.iter().all(Option::is_some));
        }
        Ok(())
    });
    println!("read     {:7.0} MB/s", read.await?);
    blobs.remove(&job, &ids).await?;
    Ok(())
}

/// Returns the median speed in MB/s of several rounds, each of which moves all blobs once.
async fn rounds(act: impl AsyncFn() -> StoreResult<()>) -> StoreResult<f64> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        act().await?;
        times.push(start.elapsed());
    }
    times.sort();
    let median = times[ROUNDS / 2].as_secs_f64();
    Ok((u64::from(BLOBS) * BLOB) as f64 / 1e6 / median)
}
