//! Discovery of the input files of a job.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use super::error::InputError;
use super::found_file::FoundFile;
use super::{content_kind, file_name, fingerprint};
use mapreduce_core::InputFormat;

/// Lists the files of `inputs`, in the order of the inputs and then by name.
///
/// An input is a file or a folder. Sub-folders of a folder are not read.
///
/// # Errors
/// An input is missing or unreadable, contains no files, or is of an unsupported kind.
pub fn discover(inputs: &[PathBuf], format: InputFormat) -> Result<Vec<FoundFile>, InputError> {
    let mut found = Vec::new();
    for (input_index, input) in inputs.iter().enumerate() {
        let input_index = u16::try_from(input_index).map_err(|_| InputError::TooMany)?;
        let meta = fs::metadata(input).map_err(|error| InputError::unreadable(input, error))?;
        if meta.is_dir() {
            let before = found.len();
            folder(input, input_index, format, &mut found)?;
            if found.len() == before {
                return Err(InputError::Empty {
                    path: input.clone(),
                });
            }
        } else {
            found.push(file(
                input.clone(),
                input_index,
                String::new(),
                &meta,
                format,
            )?);
        }
    }
    if found.is_empty() {
        return Err(InputError::Nothing);
    }
    Ok(found)
}

fn folder(
    input: &Path,
    input_index: u16,
    format: InputFormat,
    found: &mut Vec<FoundFile>,
) -> Result<(), InputError> {
    let unreadable = |error| InputError::unreadable(input, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(input).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !is_skipped(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    for name in names {
        let path = input.join(&name);
        // The folder lists this file. If it is missing now, it is a broken link or was just removed.
        let meta = fs::metadata(&path).map_err(|source| InputError::Unreadable {
            path: path.clone(),
            source,
        })?;
        if !meta.is_dir() {
            let name = name.into_string();
            let name = name.map_err(|_| InputError::Name { path: path.clone() })?;
            found.push(file(path, input_index, name, &meta, format)?);
        }
    }
    Ok(())
}

fn file(
    path: PathBuf,
    input_index: u16,
    relative: String,
    meta: &Metadata,
    format: InputFormat,
) -> Result<FoundFile, InputError> {
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
    let compression = content_kind::compression(&path, &opened, compression, format)?;
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
    })
}

/// Returns the input that includes `output`: the file itself or its folder; `None` if no input includes it.
///
/// Writing such an output would destroy the input, or change the input of the next run.
pub fn input_including<'a>(inputs: &'a [PathBuf], output: &Path) -> Option<&'a Path> {
    let name = output.file_name()?;
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A folder that does not exist cannot be an input.
    let folder = fs::canonicalize(folder).ok()?;
    let output = fs::canonicalize(output).unwrap_or_else(|_| folder.join(name));
    let read = |input: &&PathBuf| {
        fs::canonicalize(input)
            .is_ok_and(|input| input == output || (input == folder && !is_skipped(name)))
    };
    inputs.iter().find(read).map(PathBuf::as_path)
}

/// Returns true for hidden files and for marker files of other tools, such as `_SUCCESS`.
fn is_skipped(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes(), [b'.' | b'_', ..])
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
        let found = discover(
            &[dir.path().into(), dir.path().join("b.txt")],
            InputFormat::Auto,
        )
        .unwrap();
        let names: Vec<_> = found
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
            discover(&[path.into()], InputFormat::Auto)
                .unwrap_err()
                .to_string()
        };
        assert!(message(&dir.path().join("missing")).contains("missing: no such file"));
        assert!(message(dir.path()).contains("data.csv.7z: unsupported archive or"));
        fs::remove_file(dir.path().join("data.csv.7z")).unwrap();
        assert!(message(dir.path()).contains("contains no input files"));
        assert!(message(Path::new("/dev/null")).contains("neither a file"));
        assert!(matches!(
            discover(&[], InputFormat::Auto),
            Err(InputError::Nothing)
        ));
    }

    #[test]
    fn a_compressed_parquet_file_is_refused() {
        let dir = folder_with(&[("a.parquet.gz", "")]);
        let error = discover(&[dir.path().into()], InputFormat::Auto).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("a.parquet.gz: ") && message.contains("decompress it"),
            "{message}"
        );
    }

    #[test]
    fn an_output_inside_an_input_is_found() {
        let dir = folder_with(&[("a.txt", ""), ("b.txt", "")]);
        let inputs = [dir.path().join("a.txt"), dir.path().join("in")];
        fs::create_dir(&inputs[1]).unwrap();
        let read = |output: &str| input_including(&inputs, &dir.path().join(output));
        assert_eq!(read("a.txt"), Some(inputs[0].as_path()));
        assert_eq!(read("in/../a.txt"), Some(inputs[0].as_path()));
        assert_eq!(read("in/new.json"), Some(inputs[1].as_path()));
        for other in [
            "b.txt",
            "new.json",
            "in/.hidden",
            "in/_mark",
            "none/x",
            "in/below/x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
