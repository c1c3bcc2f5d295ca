//! Blobs in a shared folder.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use store::conformance::blobs::{BlobHarness, bytes, id, in_file, job, range, read_one};
use store::{BlobStore, FolderBlobs, StoreError};
use tempfile::TempDir;

const LASTING: Duration = Duration::from_secs(3600);

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn job(&self, name: &str) -> PathBuf {
        self.shared().join(format!("mr-{name}"))
    }

    /// Returns the path of the shared folder, which does not exist at first.
    fn shared(&self) -> PathBuf {
        self.0.path().join("made/by/us")
    }

    /// Sets the age of a job's folder and of everything in it.
    fn age(&self, name: &str, age: Duration) {
        let modified = SystemTime::now() - age;
        let folder = self.job(name);
        for entry in fs::read_dir(&folder).unwrap() {
            let file = File::open(entry.unwrap().path()).unwrap();
            file.set_modified(modified).unwrap();
        }
        File::open(&folder).unwrap().set_modified(modified).unwrap();
    }

    fn names(&self, job: &str) -> Vec<String> {
        let entries = fs::read_dir(self.job(job)).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }
}

impl BlobHarness for Folder {
    type Blobs = FolderBlobs;

    fn blobs(&self) -> FolderBlobs {
        FolderBlobs::new(self.shared(), LASTING)
    }
}

store::blob_conformance_tests!(Folder::new());

#[tokio::test]
async fn blobs_are_plain_files_and_a_job_leaves_no_folder() {
    let (folder, job) = (Folder::new(), job("j"));
    let blobs = folder.blobs();
    let ids = [id(1, "a"), id(2, "b.c-d")];
    blobs.put(&job, &ids[0], &bytes(10).into()).await.unwrap();
    blobs
        .put(&job, &ids[1], &in_file(&bytes(20)))
        .await
        .unwrap();
    assert_eq!(folder.names("j"), ["run-1-a", "run-2-b.c-d"]);
    assert_eq!(
        fs::read(folder.job("j").join("run-2-b.c-d")).unwrap(),
        bytes(20)
    );
    blobs.remove(&job, &ids[..1]).await.unwrap();
    assert_eq!(folder.names("j"), ["run-2-b.c-d"]);
    blobs.remove(&job, &ids).await.unwrap();
    assert!(!folder.job("j").exists());
    assert_eq!(blobs.capacity().await.unwrap(), None);
}

#[tokio::test]
async fn names_that_lead_outside_the_folder_are_refused() {
    let (folder, job) = (Folder::new(), job("j"));
    let blobs = folder.blobs();
    blobs
        .put(&job, &id(0, "a"), &bytes(10).into())
        .await
        .unwrap();
    let secret = folder.shared().join("secret");
    fs::write(&secret, "0123456789").unwrap();
    fs::create_dir(folder.job("j").join("run-0-")).unwrap();
    for name in ["/../../secret", "../secret", "", "a b", "a/../a", "a\0"] {
        let id = id(0, name);
        let error = blobs.put(&job, &id, &bytes(1).into()).await.unwrap_err();
        assert!(matches!(error, StoreError::Fatal { .. }), "{error:?}");
        let found = blobs.read(&job, &[range(&id, 0..10)]).await.unwrap();
        assert_eq!(found, [None], "{name:?}");
        blobs
            .extend_lifetime(&job, std::slice::from_ref(&id), LASTING)
            .await
            .unwrap();
        blobs.remove(&job, &[id]).await.unwrap();
    }
    assert!(secret.exists());
}

#[tokio::test]
async fn an_incomplete_blob_is_not_visible() {
    let (folder, job) = (Folder::new(), job("j"));
    let blobs = folder.blobs();
    blobs
        .put(&job, &id(0, "a"), &bytes(10).into())
        .await
        .unwrap();
    // The file that a worker leaves if it is killed while it writes.
    fs::write(folder.job("j").join(".run-Xy12z"), bytes(5)).unwrap();
    for attempt in ["Xy12z", "b"] {
        assert_eq!(read_one(&blobs, &job, &id(0, attempt), 0..5).await, None);
    }
    // A file that is shorter than announced is not stored.
    let short = match in_file(b"abc") {
        store::Blob::File(path, _) => store::Blob::File(path, 4),
        memory @ store::Blob::Memory(_) => memory,
    };
    let error = blobs.put(&job, &id(0, "b"), &short).await.unwrap_err();
    assert!(matches!(error, StoreError::Fatal { .. }), "{error:?}");
    assert!(error.to_string().contains("3 bytes"), "{error}");
    assert_eq!(folder.names("j"), [".run-Xy12z", "run-0-a"]);
}

#[tokio::test]
async fn expired_blobs_of_old_jobs_are_removed() {
    let folder = Folder::new();
    let blobs = folder.blobs();
    blobs.remove_expired().await.unwrap();
    for name in ["old", "fresh", "kept", "foreign"] {
        blobs
            .put(&job(name), &id(0, "a"), &bytes(10).into())
            .await
            .unwrap();
    }
    fs::write(folder.job("old").join(".run-Xy12z"), "").unwrap();
    fs::write(folder.job("foreign").join("letter"), "").unwrap();
    fs::write(folder.shared().join("mr-file"), "").unwrap();
    for name in ["old", "kept", "foreign"] {
        folder.age(name, LASTING + Duration::from_secs(60));
    }
    folder.age(
        "fresh",
        LASTING.checked_sub(Duration::from_secs(60)).unwrap(),
    );
    blobs
        .extend_lifetime(&job("kept"), &[id(0, "a")], LASTING)
        .await
        .unwrap();
    blobs.remove_expired().await.unwrap();
    assert!(!folder.job("old").exists());
    assert_eq!(folder.names("fresh"), ["run-0-a"]);
    assert_eq!(folder.names("kept"), ["run-0-a"]);
    assert_eq!(
        folder.names("foreign"),
        ["letter"],
        "files of other programs stay"
    );
    // The first put of another job removes expired blobs as well.
    folder.age("fresh", LASTING + Duration::from_secs(60));
    blobs
        .put(&job("next"), &id(0, "a"), &bytes(10).into())
        .await
        .unwrap();
    assert!(!folder.job("fresh").exists());
}

#[tokio::test]
async fn the_lifetime_of_a_blob_can_be_extended() {
    let (folder, job) = (Folder::new(), job("j"));
    let blobs = folder.blobs();
    blobs
        .put(&job, &id(0, "a"), &bytes(10).into())
        .await
        .unwrap();
    blobs
        .extend_lifetime(&job, &[id(0, "a")], LASTING * 3)
        .await
        .unwrap();
    let file = fs::metadata(folder.job("j").join("run-0-a")).unwrap();
    let ahead = file
        .modified()
        .unwrap()
        .duration_since(SystemTime::now())
        .unwrap();
    assert!(ahead > LASTING + Duration::from_secs(1800), "{ahead:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_created_is_named_in_the_error() {
    let folder = Folder::new();
    fs::write(folder.0.path().join("made"), "in the way").unwrap();
    let put = folder
        .blobs()
        .put(&job("j"), &id(0, "a"), &bytes(1).into())
        .await;
    let error = put.unwrap_err();
    assert!(matches!(error, StoreError::Fatal { .. }), "{error:?}");
    assert!(error.to_string().contains("made/by/us"), "{error}");
}
