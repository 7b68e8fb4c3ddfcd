//! The names in a storage of Microsoft's compound format ([MS-CFB]): what Word, Excel and PowerPoint wrote until 2007,
//! and what encrypted documents are wrapped in until today.

use std::io;

use bytes::Bytes;

use crate::checks::Content;

/// Sectors of the directory that are looked at: two hundred and fifty names or more. The streams that say what a
/// document is are among the first.
const MOST_SECTORS: usize = 64;
/// Sectors of the table whose places stand in the header itself.
const PLACES: usize = 109;

/// The names of its streams and storages; `None` if it contradicts itself before one was read.
pub(super) async fn names(content: &dyn Content) -> io::Result<Option<Vec<String>>> {
    let header = content.read_at(0, 512).await?;
    let (Some(shift @ (9 | 12)), Some(mut sector)) = (two(&header, 30), four(&header, 48)) else {
        return Ok(None);
    };
    let mut names = Vec::new();
    for _ in 0..MOST_SECTORS {
        let directory = read(content, sector, shift).await?;
        names.extend(directory.chunks_exact(128).filter_map(name));
        match next(content, &header, shift, sector).await? {
            Some(following) => sector = following,
            None => break,
        }
    }
    Ok(if names.is_empty() { None } else { Some(names) })
}

async fn read(content: &dyn Content, sector: u32, shift: u16) -> io::Result<Bytes> {
    let offset = (u64::from(sector) + 1) << shift;
    content.read_at(offset, 1 << shift).await
}

/// The sector that follows in its chain.
async fn next(
    content: &dyn Content,
    header: &[u8],
    shift: u16,
    sector: u32,
) -> io::Result<Option<u32>> {
    let in_one = 1_u32 << (shift - 2);
    let table = usize::try_from(sector / in_one).unwrap_or(usize::MAX);
    if table >= PLACES {
        return Ok(None);
    }
    let Some(place) = four(header, 76 + 4 * table).filter(|place| is_place(*place)) else {
        return Ok(None);
    };
    let table = read(content, place, shift).await?;
    let at = usize::try_from(sector % in_one).unwrap_or_default() * 4;
    Ok(four(&table, at).filter(|place| is_place(*place)))
}

/// Numbers above are marks: an end, something free.
fn is_place(sector: u32) -> bool {
    sector <= 0xffff_fffa
}

/// The name of a directory entry that is in use.
fn name(entry: &[u8]) -> Option<String> {
    let length = usize::from(two(entry, 64)?);
    if *entry.get(66)? == 0 || !(2..=64).contains(&length) {
        return None;
    }
    let units =
        entry[..length - 2].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
