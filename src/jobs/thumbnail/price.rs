//! [`Price`]: what a decoder takes in memory beside the picture that it answers.
//!
//! The bounds that the decoders themselves keep to leave gaps: a progressive JPEG is held twice, as
//! coefficients and as pixels, and a WebP's header may declare metadata of four gigabytes, which its
//! decoder makes room for before it notices that the file is a hundred bytes long. So a look at the
//! headers comes first. It allocates nothing.

use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};

use image::ImageFormat;

/// Bytes for each pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price(u64);

impl Price {
    /// Looks at the headers of a file of `length` bytes.
    ///
    /// # Errors
    /// What can't be read, and a WebP that declares more than there is.
    pub(super) fn of(
        format: ImageFormat,
        content: &mut (impl BufRead + Seek),
        length: u64,
    ) -> io::Result<Self> {
        content.rewind()?;
        Ok(Self(match format {
            ImageFormat::Jpeg => match jpeg(content) {
                Ok(price) => price,
                // The decoder is more patient with odd headers than we are; then the worst is assumed.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => WORST_JPEG,
                Err(error) => return Err(error),
            },
            ImageFormat::WebP => {
                webp(content, length)?;
                // Luma and chroma of the frame, its pixels, and the canvas of an animation.
                8
            }
            // A frame that is smaller than the canvas.
            ImageFormat::Gif => 4,
            // Row by row.
            _ => 0,
        }))
    }

    /// Bytes for a picture of so many pixels.
    pub(super) fn beside(self, pixels: u64) -> u64 {
        self.0.saturating_mul(pixels)
    }
}

/// Two bytes for each of four components.
const WORST_JPEG: u64 = 8;

/// Nothing if one scan has all components: then it is decoded row by row. Otherwise all coefficients are
/// kept, two bytes each, as many as the components' sampling says (ITU T.81, B.2.2 and B.2.3).
fn jpeg(content: &mut impl BufRead) -> io::Result<u64> {
    let mut kept = WORST_JPEG;
    let mut components = 0;
    let mut progressive = true;
    skip(content, 2)?;
    loop {
        let marker = marker(content)?;
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let mut head = [0; 2];
        content.read_exact(&mut head)?;
        let length = u64::from(u16::from_be_bytes(head)).saturating_sub(2);
        match marker {
            // Start of frame; what is left out are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let mut frame = Vec::new();
                (&mut *content).take(length).read_to_end(&mut frame)?;
                progressive = matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                components = frame.get(5).copied().unwrap_or_default();
                kept = coefficients(&frame).unwrap_or(WORST_JPEG);
            }
            // Start of scan.
            0xda => {
                let mut in_scan = [0];
                content.read_exact(&mut in_scan)?;
                let at_once = !progressive && in_scan[0] == components;
                return Ok(if at_once { 0 } else { kept });
            }
            _ => skip(content, length)?,
        }
    }
}

/// Bytes of coefficients for each pixel, rounded up.
fn coefficients(frame: &[u8]) -> Option<u64> {
    let count = usize::from(*frame.get(5)?);
    let samplings = frame.get(6..6 + 3 * count)?.chunks(3).map(|component| {
        let (across, down) = (component[1] >> 4, component[1] & 15);
        (u64::from(across.max(1)), u64::from(down.max(1)))
    });
    let (mut widest, mut highest, mut samples) = (1, 1, 0);
    for (across, down) in samplings {
        (widest, highest) = (widest.max(across), highest.max(down));
        samples += across * down;
    }
    Some((2 * samples).div_ceil(widest * highest))
}

fn marker(content: &mut impl BufRead) -> io::Result<u8> {
    let mut byte = [0];
    while byte[0] != 0xff {
        content.read_exact(&mut byte)?;
    }
    while byte[0] == 0xff {
        content.read_exact(&mut byte)?;
    }
    Ok(byte[0])
}

fn skip(content: &mut impl BufRead, length: u64) -> io::Result<()> {
    let skipped = io::copy(&mut content.take(length), &mut io::sink())?;
    if skipped < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Every chunk lies within the file.
fn webp(content: &mut (impl BufRead + Seek), length: u64) -> io::Result<()> {
    let mut at = 12;
    while at + 8 <= length {
        content.seek(SeekFrom::Start(at + 4))?;
        let mut size = [0; 4];
        content.read_exact(&mut size)?;
        let size = u64::from(u32::from_le_bytes(size));
        if size > length - at - 8 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        at += 8 + size + size % 2;
    }
    Ok(())
}
