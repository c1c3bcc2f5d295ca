//! The content of a file as bytes that arrive asynchronously.

use std::fs::File;
use std::io::{self, Cursor, Read};

use futures::stream;
use mapreduce::FoundFile;
use mapreduce::input::Content;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::blocking;

/// How much is read, or decompressed, at once, in bytes: more than nearly every header.
const BLOCK: usize = 16 << 10;

/// What `file` stands for, decompressed if it is compressed; read block by block, as it is asked for.
pub(super) async fn content(file: &FoundFile) -> io::Result<impl AsyncRead + Unpin + use<>> {
    let (path, compression) = (file.path.clone(), file.compression);
    let content = blocking(move || Content::new(File::open(path)?, compression)).await?;
    let blocks = stream::try_unfold(content, |content| blocking(move || block(content)));
    Ok(StreamReader::new(Box::pin(blocks)))
}

type Block = (Cursor<Vec<u8>>, Content<'static>);

/// The next bytes; `None` if there are no more.
fn block(mut content: Content<'static>) -> io::Result<Option<Block>> {
    let mut block = Vec::with_capacity(BLOCK);
    content
        .by_ref()
        .take(BLOCK as u64)
        .read_to_end(&mut block)?;
    Ok((!block.is_empty()).then(|| (Cursor::new(block), content)))
}
