//! Discovery of the input files of a job.

use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::error::InputError;
use super::found_file::{Discovery, FoundFile};
use super::listing::Listing;
use super::pattern::Pattern;
use super::{content_kind, file_name, fingerprint};
use mapreduce_core::InputFormat;

/// Lists the files of `inputs`, in the order of the inputs and then by path.
///
/// An input is a file, a folder or a pattern. The sub-folders of a folder are read if `recursive`.
///
/// # Errors
/// An input is missing or unreadable, contains no files, or is of an unsupported kind.
pub fn discover(
    inputs: &[PathBuf],
    format: InputFormat,
    recursive: bool,
) -> Result<Discovery, InputError> {
    let mut found = Discovery::default();
    for (input_index, input) in inputs.iter().enumerate() {
        let input_index = u16::try_from(input_index).map_err(|_| InputError::TooMany)?;
        if input == Path::new("-") {
            return Err(InputError::Stream {
                path: input.clone(),
            });
        }
        let Some(listing) = listing(input, recursive)? else {
            let relative = String::new();
            let file = file(input.clone(), input_index, relative, format)?;
            found.files.push(file);
            continue;
        };
        for (relative, path) in listing.files {
            found.files.push(file(path, input_index, relative, format)?);
        }
        found.skipped.extend(listing.skipped);
    }
    if found.files.is_empty() {
        return Err(InputError::Nothing);
    }
    Ok(found)
}

/// Lists the files of a folder or a pattern, at least one; `None` if `input` is neither.
fn listing(input: &Path, recursive: bool) -> Result<Option<Listing>, InputError> {
    let path = input.to_path_buf();
    if let Some(pattern) = Pattern::parse(input)? {
        let listing = pattern.expand(recursive)?;
        return match listing.files.is_empty() {
            true => Err(InputError::NoMatch { path }),
            false => Ok(Some(listing)),
        };
    }
    let meta = fs::metadata(input).map_err(|error| InputError::unreadable(input, error))?;
    if !meta.is_dir() {
        // A pipe has no length, so it cannot be split, and only one process can read it.
        return match meta.file_type().is_fifo() || meta.file_type().is_socket() {
            true => Err(InputError::Stream { path }),
            false => Ok(None),
        };
    }
    let mut listing = Listing::default();
    listing.add_folder(input, "", recursive)?;
    match listing.files.is_empty() {
        true => Err(InputError::Empty { path }),
        false => Ok(Some(listing)),
    }
}

fn file(
    path: PathBuf,
    input_index: u16,
    relative: String,
    format: InputFormat,
) -> Result<FoundFile, InputError> {
    // A special file is not opened, because that could block.
    let meta = fs::metadata(&path).map_err(|error| InputError::unreadable(&path, error))?;
    if !meta.is_file() {
        return Err(InputError::Special { path });
    }
    // Workers must be able to open the file. Permission bits alone do not show that.
    let unreadable = |error| InputError::unreadable(&path, error);
    let opened = File::open(&path).map_err(unreadable)?;
    let meta = opened.metadata().map_err(unreadable)?;
    let named = file_name::kind_of_name(&path);
    let format = match (format, named) {
        (InputFormat::Auto, Some(named)) => named.format,
        (InputFormat::Auto, None) => InputFormat::Text,
        (requested, _) => requested,
    };
    let compression = named.and_then(|named| named.compression);
    let kind = content_kind::content_kind(&path, &opened, compression, format)?;
    let compression = kind.compression;
    if named.is_none() {
        return Err(InputError::Compressed { path });
    }
    #[cfg(not(feature = "zstd"))]
    if compression == Some(mapreduce_core::Compression::Zstd) {
        let source = super::content::zstd_unsupported();
        return Err(InputError::Unreadable { path, source });
    }
    if format == InputFormat::Parquet && compression.is_some() {
        return Err(InputError::CompressedParquet { path });
    }
    Ok(FoundFile {
        len: meta.len(),
        modified: fingerprint::modified(&meta),
        path,
        input_index,
        relative,
        format,
        compression,
        mark: kind.mark,
        resembles: kind.resembles,
        encoding: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn files_of_a_folder_are_listed_by_name_without_hidden_files() {
        let dir = folder_with(&[
            ("b.txt", "bb"),
            ("a.CSV", "a"),
            (".hidden", ""),
            ("_SUCCESS", ""),
            ("log", ""),
        ]);
        fs::create_dir(dir.path().join("below")).unwrap();
        let inputs = [dir.path().into(), dir.path().join("b.txt")];
        let found = discover(&inputs, InputFormat::Auto, false).unwrap();
        assert_eq!(found.skipped, [dir.path().join("below")]);
        let names: Vec<_> = found
            .files
            .iter()
            .map(|f| (f.input_index, f.relative.as_str(), f.len, f.format))
            .collect();
        assert_eq!(
            names,
            [
                (0, "a.CSV", 1, InputFormat::Csv),
                (0, "b.txt", 2, InputFormat::Text),
                (0, "log", 0, InputFormat::Text),
                (1, "", 2, InputFormat::Text)
            ]
        );
    }

    #[test]
    fn errors_name_the_unreadable_input() {
        let dir = folder_with(&[("data.csv.7z", "")]);
        let message = |path: &Path| {
            discover(&[path.into()], InputFormat::Auto, false)
                .unwrap_err()
                .to_string()
        };
        assert!(message(&dir.path().join("missing")).contains("missing: no such file"));
        assert!(message(dir.path()).contains("data.csv.7z: unsupported archive or"));
        fs::remove_file(dir.path().join("data.csv.7z")).unwrap();
        assert!(message(dir.path()).contains("contains no input files"));
        assert!(message(Path::new("/dev/null")).contains("neither a file"));
        assert!(matches!(
            discover(&[], InputFormat::Auto, false),
            Err(InputError::Nothing)
        ));
    }

    #[test]
    fn a_compressed_parquet_file_is_refused() {
        let dir = folder_with(&[("a.parquet.gz", "")]);
        let error = discover(&[dir.path().into()], InputFormat::Auto, false).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("a.parquet.gz: ") && message.contains("decompress it"),
            "{message}"
        );
    }

    #[test]
    fn sub_folders_are_read_on_request_without_following_links() {
        let dir = folder_with(&[("b.txt", "")]);
        for folder in ["a/x", "a/_tmp", "a/.git"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join("c.txt"), "").unwrap();
        }
        std::os::unix::fs::symlink("..", dir.path().join("a/up")).unwrap();
        let found = discover(&[dir.path().into()], InputFormat::Auto, true).unwrap();
        let names: Vec<_> = found.files.iter().map(|f| f.relative.as_str()).collect();
        assert_eq!(names, ["a/x/c.txt", "b.txt"]);
        assert_eq!(found.skipped, [dir.path().join("a/up")]);
    }

    #[test]
    fn streams_are_refused_because_a_cluster_cannot_read_them() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for input in [PathBuf::from("-"), socket] {
            let error = discover(&[input], InputFormat::Auto, false).unwrap_err();
            assert!(error.to_string().contains("`mapreduce run`"), "{error}");
        }
    }

    #[test]
    fn a_pattern_is_an_input_and_must_match_a_file() {
        let dir = folder_with(&[("a.txt", ""), ("b.csv", "")]);
        let find = |name: &str| discover(&[dir.path().join(name)], InputFormat::Auto, false);
        let found = find("*.txt").unwrap();
        assert_eq!(found.files[0].relative, "a.txt");
        let message = find("*\n.log").unwrap_err().to_string();
        assert!(message.contains("*\\n.log\": no file matches"), "{message}");
    }
}
