//! The table of contents at the end of a ZIP archive (PKWARE's APPNOTE 6.3.10, sections 4.3.12 to 4.3.16).
//!
//! It is what every program that opens the archive believes. Only it is read, and only within bounds.

use std::io;

use bytes::Bytes;

use crate::checks::Content;

/// The largest table that is read, in bytes: some thirty thousand files.
pub(crate) const LARGEST_TABLE: u64 = 4 * 1024 * 1024;
/// Its end record, and the longest comment behind that.
const LONGEST_END: u64 = 22 + 65_535;
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const FILE: &[u8] = b"PK\x01\x02";

/// A file in an archive, as the table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) name: String,
    /// Bytes in the archive.
    pub(crate) packed: u64,
    /// Bytes when it is unpacked.
    pub(crate) unpacked: u64,
    /// Where its own header begins.
    pub(crate) begins: u64,
}

/// What a table of contents is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Directory(Vec<Packed>),
    /// More than is read.
    TooLarge,
    /// There is none, or it contradicts itself.
    Damaged,
}

/// Where the table lies.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    count: u64,
    length: u64,
    /// Where the records of its end begin; the table lies right before them.
    ends: u64,
    /// Where it begins by its own word.
    begins: u64,
}

/// Reads the table of contents of an archive of `size` bytes.
///
/// # Errors
/// Its bytes can't be read.
pub(crate) async fn directory(content: &dyn Content, size: u64) -> io::Result<Read> {
    let tail_at = size.saturating_sub(LONGEST_END);
    let tail = read(content, tail_at, size - tail_at).await?;
    let Some((at, mut place)) = end(&tail) else { return Ok(Read::Damaged) };
    place.ends = tail_at + at as u64;
    if let Some(end_64_at) = at.checked_sub(20).and_then(|at| locator(&tail[at..])) {
        let Some(end_64_at) = relative(&tail, tail_at, at, end_64_at) else {
            return Ok(Read::Damaged);
        };
        let record = read(content, end_64_at, 56).await?;
        match end_64(&record) {
            Some((count, length, begins)) => {
                place = Place { count, length, begins, ends: end_64_at }
            }
            None => return Ok(Read::Damaged),
        }
    }
    if place.length > LARGEST_TABLE {
        return Ok(if place.length > size { Read::Damaged } else { Read::TooLarge });
    }
    let Some(begins) = place.ends.checked_sub(place.length) else { return Ok(Read::Damaged) };
    // What lies before the archive, as in one that unpacks itself, moves everything in it.
    let Some(moved) = begins.checked_sub(place.begins) else { return Ok(Read::Damaged) };
    let table = read(content, begins, place.length).await?;
    Ok(match files(&table, place.count, moved) {
        Some(files) => Read::Directory(files),
        None => Read::Damaged,
    })
}

/// Where the 64-bit end record is. Its locator is right before the end record, and it right before the locator
/// unless something is before the archive.
fn relative(tail: &[u8], tail_at: u64, at: usize, said: u64) -> Option<u64> {
    let usual = at.checked_sub(20 + 56)?;
    if tail.get(usual..)?.starts_with(END_64) { Some(tail_at + usual as u64) } else { Some(said) }
}

async fn read(content: &dyn Content, offset: u64, length: u64) -> io::Result<Bytes> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut read = Vec::with_capacity(length.min(1 << 16));
    while read.len() < length {
        let piece = content.read_at(offset + read.len() as u64, (length - read.len()).min(1 << 18));
        let piece = piece.await?;
        if piece.is_empty() {
            break;
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.into())
}

/// The last end record whose comment fits behind it.
fn end(tail: &[u8]) -> Option<(usize, Place)> {
    let last = tail.len().checked_sub(22)?;
    (0..=last).rev().filter(|at| tail[*at..].starts_with(END)).find_map(|at| {
        let record = &tail[at..];
        let comment = usize::from(two(record, 20)?);
        if at + 22 + comment > tail.len() {
            return None;
        }
        let (count, length) = (two(record, 10)?.into(), four(record, 12)?.into());
        Some((at, Place { count, length, begins: four(record, 16)?.into(), ends: 0 }))
    })
}

fn locator(bytes: &[u8]) -> Option<u64> {
    if bytes.starts_with(LOCATOR_64) { eight(bytes, 8) } else { None }
}

fn end_64(record: &[u8]) -> Option<(u64, u64, u64)> {
    if !record.starts_with(END_64) {
        return None;
    }
    Some((eight(record, 32)?, eight(record, 40)?, eight(record, 48)?))
}

fn files(table: &[u8], count: u64, moved: u64) -> Option<Vec<Packed>> {
    let mut files = Vec::new();
    let mut rest = table;
    while !rest.is_empty() {
        if !rest.starts_with(FILE) {
            // A signature of the table may follow the files.
            break;
        }
        let (name, extra) = (usize::from(two(rest, 28)?), usize::from(two(rest, 30)?));
        let comment = usize::from(two(rest, 32)?);
        let end = 46 + name + extra + comment;
        let bytes = rest.get(46..46 + name)?;
        let more = rest.get(46 + name..46 + name + extra)?;
        let mut wide = wide(more).unwrap_or_default();
        let mut full = |short: u32| match short {
            u32::MAX => wide.next(),
            short => Some(short.into()),
        };
        let unpacked = full(four(rest, 24)?)?;
        let packed = full(four(rest, 20)?)?;
        let begins = full(four(rest, 42)?)?.checked_add(moved)?;
        let name = String::from_utf8_lossy(bytes).into_owned();
        files.push(Packed { name, packed, unpacked, begins });
        rest = rest.get(end..)?;
    }
    // The number is kept in sixteen bits where nobody needed more.
    (files.len() as u64 & 0xffff == count & 0xffff).then_some(files)
}

/// The numbers of the 64-bit extra field, in their order.
fn wide(mut extra: &[u8]) -> Option<std::vec::IntoIter<u64>> {
    while extra.len() >= 4 {
        let length = usize::from(two(extra, 2)?);
        let field = extra.get(4..4 + length)?;
        if two(extra, 0)? == 1 {
            let numbers = field.chunks_exact(8).filter_map(|number| eight(number, 0));
            return Some(numbers.collect::<Vec<_>>().into_iter());
        }
        extra = &extra[4 + length..];
    }
    None
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
