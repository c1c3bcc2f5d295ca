//! Blobs in memory, also through the store that is chosen at run time.

use bytes::Bytes;
use store::conformance::blobs::{BlobHarness, id, job, range};
use store::{AnyBlobs, Blob, BlobStore, MemoryBlobs};

struct Memory(AnyBlobs);

impl BlobHarness for Memory {
    type Blobs = AnyBlobs;

    fn blobs(&self) -> AnyBlobs {
        self.0.clone()
    }
}

store::blob_conformance_tests!(Memory(MemoryBlobs::default().into()));

#[tokio::test]
async fn reads_share_the_bytes_that_were_put() {
    let (blobs, job, run) = (MemoryBlobs::default(), job("j"), id(0, "a"));
    let bytes = Bytes::from(vec![7; 100]);
    blobs
        .put(&job, &run, &Blob::Memory(bytes.clone()))
        .await
        .unwrap();
    let found = blobs.read(&job, &[range(&run, 10..20)]).await.unwrap();
    let found = found[0].as_ref().unwrap();
    assert_eq!(found.as_ptr(), bytes[10..].as_ptr());
    assert_eq!(blobs.capacity().await.unwrap(), None);
}

#[tokio::test]
async fn the_file_of_a_blob_is_deleted_with_it() {
    let (blobs, job, run) = (MemoryBlobs::default(), job("j"), id(0, "a"));
    let blob = store::conformance::blobs::in_file(b"abc");
    let Blob::File(path, _) = &blob else {
        panic!("not a file: {blob:?}");
    };
    let path = path.to_path_buf();
    blobs.put(&job, &run, &blob).await.unwrap();
    drop(blob);
    assert!(path.exists());
    // Another program may remove temporary files.
    std::fs::rename(&path, path.with_extension("away")).unwrap();
    assert_eq!(
        blobs.read(&job, &[range(&run, 0..3)]).await.unwrap(),
        [None]
    );
    std::fs::rename(path.with_extension("away"), &path).unwrap();
    blobs.remove(&job, &[run]).await.unwrap();
    assert!(!path.exists());
}
