//! Kind of a file by its first bytes.

use mapreduce_core::Compression;

/// Number of first bytes that [`signature`] needs: a tar archive has its signature at offset 257.
pub(super) const HEAD_BYTES: usize = 512;
/// Number of last bytes that [`signature`] needs.
pub(super) const TAIL_BYTES: usize = 4;

/// Kind of content by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// Supported compression.
    Compressed(Compression),
    /// Parquet.
    Parquet,
    /// Unsupported kind of file.
    Unsupported(UnsupportedKind),
}

/// Unsupported kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnsupportedKind {
    /// Name with its article.
    pub(super) what: &'static str,
    /// Next step.
    pub(super) advice: &'static str,
}

const UNPACK: &str = "unpack it and name the unpacked files";
const DECOMPRESS: &str = "decompress it, or compress it with gzip or zstd";
const EXPORT: &str = "export it as CSV, NDJSON or Parquet";
const SPREADSHEET: &str = "save it as CSV";
const ENCODING: &str =
    "convert it, for example with `iconv -f UTF-32 -t UTF-8 FILE`, and name the result";

/// Unsupported kinds by their first bytes. None of these bytes starts a UTF-8 text in practice: all contain a control
/// character, an invalid byte, or a version mark.
const UNSUPPORTED: &[(&[u8], &str, &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"PK\x05\x06", "an empty zip archive", UNPACK),
    (b"PK\x07\x08", "a zip archive of several volumes", UNPACK),
    (b"!<arch>\n", "an ar archive", UNPACK),
    (b"\x04\x22\x4d\x18", "compressed with lz4", DECOMPRESS),
    (
        b"\x02\x21\x4c\x18",
        "compressed with lz4 (legacy)",
        DECOMPRESS,
    ),
    (b"\x1f\x9d", "compressed with compress (.Z)", DECOMPRESS),
    (b"\x1f\xa0", "compressed with compress -H", DECOMPRESS),
    (b"LZIP\x01", "compressed with lzip", DECOMPRESS),
    (b"\x89LZO\0\r\n\x1a\n", "compressed with lzop", DECOMPRESS),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy", DECOMPRESS),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document, such as an Excel workbook (.xls)",
        SPREADSHEET,
    ),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
    (b"Obj\x01", "an Avro file", EXPORT),
    (b"ARROW1\0\0", "an Arrow file", EXPORT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", EXPORT),
    (b"%PDF-1.", "a PDF document", "extract its text"),
    (b"\0\0\xfe\xff", "UTF-32 text", ENCODING),
    (b"\xff\xfe\0\0", "UTF-32 text", ENCODING),
];

/// Returns the kind of a file with the first bytes `head`, up to [`HEAD_BYTES`], and the last bytes `tail`. Returns
/// `None` for text, and for content that is shorter than the signature of its kind.
pub(super) fn signature(head: &[u8], tail: &[u8]) -> Option<Signature> {
    if let Some(compression) = compression(head) {
        return Some(Signature::Compressed(compression));
    }
    // The text PAR1 or ORC may start a text, so the end counts too.
    if head.starts_with(b"PAR1") && tail == b"PAR1" {
        return Some(Signature::Parquet);
    }
    unsupported(head, tail).map(Signature::Unsupported)
}

fn compression(head: &[u8]) -> Option<Compression> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Compression::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
        // A frame that the decoder skips, which some programs write first. lz4 has such frames too, but they are rare.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        // The text BZh1 may start a text. The number of a block or of the end follows.
        [b'B', b'Z', b'h', b'1'..=b'9', block @ ..]
            if block.starts_with(b"1AY&SY") || block.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
        {
            Some(Compression::Bzip2)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
        _ => None,
    }
}

fn unsupported(head: &[u8], tail: &[u8]) -> Option<UnsupportedKind> {
    if head.starts_with(b"PK\x03\x04") {
        return Some(zip(head));
    }
    if head.get(257..262) == Some(b"ustar") {
        let (what, advice) = ("a tar archive", UNPACK);
        return Some(UnsupportedKind { what, advice });
    }
    if head.starts_with(b"ORC") && tail.starts_with(b"ORC") {
        let (what, advice) = ("an ORC file", EXPORT);
        return Some(UnsupportedKind { what, advice });
    }
    let found = UNSUPPORTED
        .iter()
        .find(|(first, ..)| head.starts_with(first))?;
    let (_, what, advice) = *found;
    Some(UnsupportedKind { what, advice })
}

/// Distinguishes zip archives from documents that are stored as such, by the names of their first members.
fn zip(head: &[u8]) -> UnsupportedKind {
    let contains = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    let office = [
        &b"[Content_Types].xml"[..],
        b"_rels/.rels",
        b"xl/",
        b"docProps/",
        b"opendocument",
    ];
    match office.into_iter().any(contains) {
        true => UnsupportedKind {
            what: "an Office document in a zip archive, such as an Excel workbook (.xlsx)",
            advice: SPREADSHEET,
        },
        false => UnsupportedKind {
            what: "a zip archive",
            advice: UNPACK,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> Option<&'static str> {
        match signature(head, b"")? {
            Signature::Unsupported(kind) => Some(kind.what),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn compressions_are_recognised_by_their_first_bytes() {
        for (head, compression) in [
            (&b"\x1f\x8b\x08\0"[..], Compression::Gzip),
            (b"\x28\xb5\x2f\xfd\x04", Compression::Zstd),
            (b"\x50\x2a\x4d\x18\x04", Compression::Zstd),
            (b"BZh91AY&SY..", Compression::Bzip2),
            (b"BZh1\x17\x72\x45\x38\x50\x90", Compression::Bzip2),
            (b"\xfd7zXZ\0\0", Compression::Xz),
        ] {
            let found = signature(head, b"");
            assert_eq!(found, Some(Signature::Compressed(compression)), "{head:?}");
        }
    }

    #[test]
    fn texts_and_short_files_have_no_signature() {
        for head in [
            &b""[..],
            b"\x1f",
            b"\x1f\x8b",
            b"BZh",
            b"BZh9 is a text",
            b"PAR1 is a text",
            b"ORC and text",
            b"PK is a text",
            b"Rar! it is",
            b"7z is a program",
            b"Obj,1\n",
            b"LZIP is a program",
            b"%PDF- is a comment",
            b"\xef\xbb\xbftext",
            b"caf\xe9",
            b"\xff\xfea\0",
            b"\xfe\xff\0a",
        ] {
            assert_eq!(signature(head, b"text"), None, "{head:?}");
        }
    }

    #[test]
    fn unsupported_kinds_are_named() {
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let xlsx = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml";
        for (head, name) in [
            (&tar[..], "tar"),
            (b"PK\x03\x04a.txt", "a zip archive"),
            (xlsx, "xlsx"),
            (b"7z\xbc\xaf\x27\x1c\0", "7z"),
            (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
            (b"\0\0\xfe\xff\0\0\0a", "UTF-32"),
            (b"\x04\x22\x4d\x18\x60", "lz4"),
            (b"\x1f\x9d\x90", "compress"),
        ] {
            let what = what(head).unwrap_or_default();
            assert!(what.contains(name), "{name}: {what}");
        }
        let orc = signature(b"ORC\x08", b"ORC\x17");
        assert!(matches!(orc, Some(Signature::Unsupported(_))));
        assert_eq!(signature(b"PAR1\0\0", b"PAR1"), Some(Signature::Parquet));
    }
}
