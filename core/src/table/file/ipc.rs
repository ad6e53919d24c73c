//! Apache Arrow's IPC format: a file, or a stream.
//!
//! arrow-ipc trusts lengths and allocates as much memory, and a program that does not get it
//! ends. So those of a message are held against the input here, and what arrow-ipc is handed has been read
//! already.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{FileDecoder, StreamDecoder, read_footer_length};
use arrow_ipc::{Block, Message, RecordBatch, Schema as EncodedSchema, root_as_footer, root_as_message};
use arrow_schema::SchemaRef;

use super::arrow::{Rows, columns as columns_of, places};
use super::blob::{Blob, BlobReader};
use super::damage::{broken, fault};
use super::record::{Record, Records, SourceColumn, Wanted};
use super::spool::Unpacking;
use crate::{Error, ErrorKind, Result};

type Batches = Box<dyn Iterator<Item = Result<arrow_array::RecordBatch>>>;

/// The bytes that an Arrow file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";
/// The bytes that the first version of Feather, a format of its own, begins with.
const FEATHER_1: &[u8] = b"FEA1";
/// The end of an Arrow file: the footer's length, and the magic.
const TRAILER: u64 = 10;
/// The marker before the length of a message, which old writers leave out.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Bytes that one packed buffer, and rows that one batch may have: what offsets of 32 bits reach.
const MOST: i64 = 1 << 31;

pub(super) fn columns(blob: &Arc<dyn Blob>, unpacking: Unpacking) -> Result<Vec<SourceColumn>> {
    columns_of(&batches(blob, unpacking)?.0)
}

pub(super) fn open(
    blob: &Arc<dyn Blob>,
    columns: &[Wanted],
    unpacking: Unpacking,
) -> Result<Box<dyn Records>> {
    let (schema, batches) = batches(blob, unpacking)?;
    let places = places(&schema, columns)?;
    Ok(Box::new(Ipc {
        batches,
        places,
        names: columns.iter().map(|wanted| wanted.name.clone()).collect(),
        rows: Rows::default(),
        number: 0,
    }))
}

fn batches(blob: &Arc<dyn Blob>, unpacking: Unpacking) -> Result<(SchemaRef, Batches)> {
    let sizes = Sizes { unpacking, all: blob.len(), dictionaries: HashMap::new(), held: 0 };
    let mut first = [0; MAGIC.len()];
    let count = blob.read_at(0, &mut first).map_err(fault)?;
    if first.starts_with(FEATHER_1) {
        let message = "it is Feather version 1, which Arrow has left; write it as version 2 (in Python: pandas.read_feather, then to_feather)";
        return Err(Error::new(ErrorKind::DataInvalid, message));
    }
    if &first[..count] == MAGIC { InFile::open(blob, sizes) } else { InStream::open(blob, sizes) }
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("the data is damaged: {what}"))
}

/// So many bytes from a place on, which must be there.
fn read(blob: &Arc<dyn Blob>, at: u64, length: u64) -> Result<MutableBuffer> {
    let end = at.checked_add(length).filter(|end| *end <= blob.len());
    let length = end.and_then(|_| usize::try_from(length).ok());
    let length = length.ok_or_else(|| damaged(format!("what begins at byte {at} reaches beyond the end")))?;
    let mut bytes = MutableBuffer::from_len_zeroed(length);
    let mut reader = BlobReader::new(blob);
    reader.seek(SeekFrom::Start(at)).and_then(|_| reader.read_exact(&mut bytes)).map_err(fault)?;
    Ok(bytes)
}

fn length(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| damaged(format!("{value} is no length")))
}

fn message(bytes: &[u8]) -> Result<Message<'_>> {
    root_as_message(bytes).map_err(|e| damaged(format!("a message: {e}")))
}

fn schema(encoded: Option<EncodedSchema<'_>>) -> Result<SchemaRef> {
    let encoded = encoded.ok_or_else(|| damaged("it has no schema"))?;
    if encoded.endianness().equals_to_target_endianness() {
        return Ok(Arc::new(fb_to_schema(encoded)));
    }
    Err(Error::new(ErrorKind::DataInvalid, "its numbers are written from the other end (big-endian)"))
}

/// The bytes that messages take when they are unpacked.
struct Sizes {
    unpacking: Unpacking,
    /// Bytes of the input.
    all: u64,
    /// Bytes of the dictionaries, by their numbers, and together: all of them are kept.
    dictionaries: HashMap<i64, u64>,
    held: u64,
}

impl Sizes {
    /// Refuses a message that would unpack to more than there can be, or may be.
    fn check(&mut self, message: Message<'_>, body: &[u8]) -> Result<()> {
        if let Some(batch) = message.header_as_record_batch() {
            let bytes = unpacked(batch, body)?;
            return self.unpacking.check(body.len() as u64, bytes);
        }
        let Some(dictionary) = message.header_as_dictionary_batch() else { return Ok(()) };
        let Some(batch) = dictionary.data() else { return Ok(()) };
        let bytes = unpacked(batch, body)?;
        let one = self.dictionaries.entry(dictionary.id()).or_default();
        if !dictionary.isDelta() {
            self.held -= std::mem::take(one);
        }
        *one = one.saturating_add(bytes);
        self.held = self.held.saturating_add(bytes);
        self.unpacking.check(self.all, self.held)
    }
}

/// Bytes that the buffers of a batch have when they are unpacked.
fn unpacked(batch: RecordBatch<'_>, body: &[u8]) -> Result<u64> {
    if !(0..=MOST).contains(&batch.length()) {
        return Err(damaged(format!("a batch of {} rows", batch.length())));
    }
    if batch.compression().is_none() {
        return Ok(body.len() as u64);
    }
    let mut bytes = 0_u64;
    for buffer in batch.buffers().iter().flatten().filter(|buffer| buffer.length() > 0) {
        let start = usize::try_from(buffer.offset()).ok();
        let prefix = start.and_then(|start| body.get(start..)).and_then(|rest| rest.first_chunk());
        let prefix = prefix.ok_or_else(|| damaged("a buffer lies outside of its message"))?;
        // -1 stands for a buffer that is not packed.
        let unpacked = i64::from_le_bytes(*prefix).max(0);
        if unpacked > MOST {
            return Err(damaged(format!("a buffer of {unpacked} bytes")));
        }
        bytes = bytes.saturating_add(unpacked.unsigned_abs());
    }
    Ok(bytes)
}

/// The batches of a file, which its footer lists.
struct InFile {
    blob: Arc<dyn Blob>,
    decoder: FileDecoder,
    blocks: std::vec::IntoIter<Block>,
    sizes: Sizes,
}

impl InFile {
    fn open(blob: &Arc<dyn Blob>, mut sizes: Sizes) -> Result<(SchemaRef, Batches)> {
        let end = blob.len().checked_sub(TRAILER).ok_or_else(|| damaged("it ends too early"))?;
        let trailer = read(blob, end, TRAILER)?;
        let trailer = trailer.first_chunk().ok_or_else(|| damaged("it ends too early"))?;
        let size = read_footer_length(*trailer).map_err(broken)? as u64;
        let begin = end.checked_sub(size).ok_or_else(|| damaged(format!("a footer of {size} bytes")))?;
        let footer = read(blob, begin, size)?;
        let footer = root_as_footer(&footer).map_err(|e| damaged(format!("the footer: {e}")))?;
        let schema = schema(footer.schema())?;
        let mut decoder = FileDecoder::new(Arc::clone(&schema), footer.version());
        for block in footer.dictionaries().iter().flatten() {
            decoder.read_dictionary(block, &of_block(blob, block, &mut sizes)?).map_err(broken)?;
        }
        let blocks: Vec<Block> = footer.recordBatches().iter().flatten().copied().collect();
        let blocks = blocks.into_iter();
        Ok((schema, Box::new(Self { blob: Arc::clone(blob), decoder, blocks, sizes })))
    }

    fn batch(&mut self, block: &Block) -> Result<Option<arrow_array::RecordBatch>> {
        let message = of_block(&self.blob, block, &mut self.sizes)?;
        self.decoder.read_record_batch(block, &message).map_err(broken)
    }
}

/// A message with its body, at the place in a footer.
fn of_block(blob: &Arc<dyn Blob>, block: &Block, sizes: &mut Sizes) -> Result<Buffer> {
    let (head, body) = (length(block.metaDataLength().into())?, length(block.bodyLength())?);
    let both = head.checked_add(body).ok_or_else(|| damaged(format!("a body of {body} bytes")))?;
    let bytes = read(blob, length(block.offset())?, both)?;
    let (head, body) = bytes.split_at_checked(head as usize).ok_or_else(|| damaged("it ends too early"))?;
    let skipped = if head.starts_with(&CONTINUATION) { 8 } else { 4 };
    let head = head.get(skipped..).ok_or_else(|| damaged("a message without its beginning"))?;
    sizes.check(message(head)?, body)?;
    Ok(bytes.into())
}

impl Iterator for InFile {
    type Item = Result<arrow_array::RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let block = self.blocks.next()?;
            if let Some(batch) = self.batch(&block).transpose() {
                return Some(batch);
            }
        }
    }
}

/// The batches of a stream, message after message.
struct InStream {
    blob: Arc<dyn Blob>,
    /// Where the next message begins; `None` after the last.
    at: Option<u64>,
    decoder: StreamDecoder,
    /// The bytes that the decoder has not taken yet.
    rest: Buffer,
    sizes: Sizes,
}

impl InStream {
    fn open(blob: &Arc<dyn Blob>, sizes: Sizes) -> Result<(SchemaRef, Batches)> {
        let (blob, decoder, rest) = (Arc::clone(blob), StreamDecoder::new(), Buffer::from(&[]));
        let mut stream = Self { blob, at: Some(0), decoder, rest, sizes };
        let mut first = None;
        stream.advance(&mut |message| {
            first = Some(schema(message.header_as_schema()));
            Ok(())
        })?;
        let schema = first.ok_or_else(|| damaged("it has no schema"))??;
        Ok((schema, Box::new(stream)))
    }

    /// Reads the next message, and shows it.
    fn advance(&mut self, shown: &mut dyn FnMut(Message<'_>) -> Result<()>) -> Result<()> {
        let Some(at) = self.at else { return Ok(()) };
        // Some writers end a stream by a length of 0, others by ending; a decoder gets the same end from
        // both.
        let end = || Buffer::from([CONTINUATION, [0; 4]].concat());
        if at == self.blob.len() {
            (self.at, self.rest) = (None, end());
            return Ok(());
        }
        let word = |at| -> Result<[u8; 4]> {
            let bytes = read(&self.blob, at, 4)?;
            bytes.first_chunk().copied().ok_or_else(|| damaged("it ends too early"))
        };
        let (first, before) = (word(at)?, 4);
        let (size, before) = if first == CONTINUATION { (word(at + 4)?, 8) } else { (first, before) };
        let head = u64::from(u32::from_le_bytes(size));
        if head == 0 {
            let behind = self.blob.len() - (at + before);
            if behind > 0 {
                return Err(damaged(format!("{behind} bytes stand behind the end of the stream")));
            }
            (self.at, self.rest) = (None, end());
            return Ok(());
        }
        let bytes = read(&self.blob, at + before, head)?;
        let body = length(message(&bytes)?.bodyLength())?;
        let all = (before + head).checked_add(body);
        let all = all.ok_or_else(|| damaged(format!("a body of {body} bytes")))?;
        let bytes = read(&self.blob, at, all)?;
        let (head, body) = bytes.split_at((before + head) as usize);
        let header = message(&head[before as usize..])?;
        self.sizes.check(header, body)?;
        shown(header)?;
        (self.at, self.rest) = (Some(at + all), bytes.into());
        Ok(())
    }

    fn batch(&mut self) -> Result<Option<arrow_array::RecordBatch>> {
        loop {
            // A message without a body is taken with the one after it.
            if let Some(batch) = self.decoder.decode(&mut self.rest).map_err(broken)? {
                return Ok(Some(batch));
            }
            if self.at.is_none() {
                return Ok(None);
            }
            self.advance(&mut |_| Ok(()))?;
        }
    }
}

impl Iterator for InStream {
    type Item = Result<arrow_array::RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}

struct Ipc {
    batches: Batches,
    places: Vec<usize>,
    names: Vec<String>,
    rows: Rows,
    number: u64,
}

impl Records for Ipc {
    fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.rows.next(self.number + 1)? {
                self.number += 1;
                return Ok(Some(record));
            }
            let Some(batch) = self.batches.next() else { return Ok(None) };
            self.rows = Rows::new(&batch?, &self.places, &self.names);
        }
    }
}
