//! The decompressed and decoded content of a file as an asynchronous stream of bytes.

use std::fs::File;
use std::io::{self, Cursor, Read};

use futures::stream;
use mapreduce_formats::input::Content;
use mapreduce_formats::input::FoundFile;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use super::blocking::run_blocking;

/// Size of a read, in bytes after decompression. Nearly every header is shorter.
const BLOCK_BYTES: usize = 16 << 10;

/// Opens `file`, and decompresses and decodes it if necessary. Reads one block at a time, when the reader needs it.
pub(super) async fn content(
    file: &FoundFile,
    max_window: u64,
) -> io::Result<impl AsyncRead + Unpin + use<>> {
    let (path, compression, encoding) = (file.path.clone(), file.compression, file.encoding);
    let open = move || Content::new(File::open(path)?, compression, max_window);
    let content = run_blocking(open).await?.decoded(encoding);
    let blocks = stream::try_unfold(content, |content| run_blocking(move || next_block(content)));
    Ok(StreamReader::new(Box::pin(blocks)))
}

/// Returns the first `len` bytes of the content of `file`, or all of them if it is shorter.
pub(super) async fn first_bytes(
    file: &FoundFile,
    max_window: u64,
    len: usize,
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len);
    let content = content(file, max_window).await?;
    content.take(len as u64).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

type Block = (Cursor<Vec<u8>>, Content<'static>);

/// Reads the next block; `None` at the end of the content.
fn next_block(mut content: Content<'static>) -> io::Result<Option<Block>> {
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    content
        .by_ref()
        .take(BLOCK_BYTES as u64)
        .read_to_end(&mut block)?;
    Ok((!block.is_empty()).then(|| (Cursor::new(block), content)))
}
