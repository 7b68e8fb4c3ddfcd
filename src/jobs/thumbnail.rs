//! [`render`]: from a stranger's picture to a small one of our own.
//!
//! A picture's header can promise more pixels than the machine has memory, its metadata tells where the
//! photographer lives, its pixels may lie on their side, and its colours may be those of another screen. So nothing is decoded before the header was
//! held against [`Bounds`]; the picture is turned as its Exif data says; and only pixels go into what is
//! encoded anew, so that no metadata, no colour profile and no appended archive gets through.
//!
//! INVARIANT: a function of bytes. It knows no file, no store and no clock.

mod colour;
mod price;

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bytes::Bytes;
use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::domain::MediaType;

use colour::as_srgb;
use price::Price;

/// Good enough for a small picture, and a tenth of the bytes.
const JPEG_QUALITY: u8 = 80;

const KINDS: &[(ImageFormat, &str)] = &[
    (ImageFormat::Jpeg, "image/jpeg"),
    (ImageFormat::Png, "image/png"),
    (ImageFormat::Gif, "image/gif"),
    (ImageFormat::WebP, "image/webp"),
];

/// Whether thumbnails are made of files of this type.
#[must_use]
pub fn has_thumbnail(media_type: &MediaType) -> bool {
    KINDS.iter().any(|(_, kind)| *kind == media_type.as_str())
}

/// What a picture may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels of a side.
    pub side: u32,
    /// Pixels of the whole picture.
    pub pixels: u64,
    /// Bytes of memory for the decoded picture and what its decoder needs beside it.
    pub memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 64_000_000, side: 16_384, pixels: 50_000_000, memory: 256 * 1024 * 1024 }
    }
}

/// A small picture, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    media_type: MediaType,
    bytes: Bytes,
}

impl Thumbnail {
    /// `image/jpeg`, or `image/png` for a picture that can be looked through.
    #[must_use]
    pub fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// The encoded picture.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The encoded picture.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Takes up what [`render`] made earlier; `None` if these bytes don't begin like it.
    pub(super) fn read(bytes: Bytes) -> Option<Self> {
        let kind = match image::guess_format(&bytes).ok()? {
            ImageFormat::Jpeg => "image/jpeg",
            ImageFormat::Png => "image/png",
            _ => return None,
        };
        Some(Self { media_type: MediaType::parse(kind)?, bytes })
    }
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    /// The bytes are none of the four kinds of pictures.
    #[error("it is no picture of a kind that is rendered")]
    NotAPicture,
    /// The file, the picture or its decoding is over a bound.
    #[error("it is over a bound: {what} {is}, at most {most}")]
    TooLarge {
        /// What is over it.
        what: &'static str,
        /// How much there is.
        is: u64,
        /// How much may be.
        most: u64,
    },
    /// The picture is damaged, or does what its decoder doesn't know.
    #[error("it can't be decoded: {0}")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The decoder panicked.
    #[error("its decoder panicked")]
    Panicked,
    /// The bytes can't be read. It says nothing of the picture.
    #[error("its bytes can't be read")]
    Read(#[source] io::Error),
}

impl From<io::Error> for ThumbnailError {
    /// A file that ends too early is broken, and so is what a decoder calls bad data; everything else is
    /// the disk's.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput => Self::Broken(error.into()),
            _ => Self::Read(error),
        }
    }
}

impl From<ImageError> for ThumbnailError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) => error.into(),
            error => Self::Broken(error.into()),
        }
    }
}

/// Renders a picture so that it fits into a square of `fit` pixels. It is never enlarged, of an animation
/// it is the first frame. It blocks and takes a processor, as long as half a second for a large photo.
///
/// # Errors
/// [`ThumbnailError`]. A file that ends too early may be rendered as far as it goes, as browsers do.
pub fn render(
    content: impl Read + Seek,
    fit: u32,
    bounds: &Bounds,
) -> Result<Thumbnail, ThumbnailError> {
    let picture = decode(BufReader::new(content), bounds)?;
    encode(picture.turned_and_shrunk(fit)?)
}

struct Decoded {
    pixels: DynamicImage,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
}

fn decode<R: Read + Seek>(
    mut content: BufReader<R>,
    bounds: &Bounds,
) -> Result<Decoded, ThumbnailError> {
    let length = content.seek(SeekFrom::End(0))?;
    within("bytes", length, bounds.bytes)?;
    content.rewind()?;
    let reader = ImageReader::new(content).with_guessed_format()?;
    let format = reader.format().filter(|found| KINDS.iter().any(|(kind, _)| kind == found));
    let Some(format) = format else { return Err(ThumbnailError::NotAPicture) };
    let mut content = reader.into_inner();
    let price = Price::of(format, &mut content, length)?;
    content.rewind()?;
    let mut reader = ImageReader::with_format(content, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(bounds.memory);
    reader.limits(limits);
    // This reads the header. The only large thing that is in memory now is the file of a JPEG.
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    within("width", width.into(), bounds.side.into())?;
    within("height", height.into(), bounds.side.into())?;
    let pixels = u64::from(width) * u64::from(height);
    within("pixels", pixels, bounds.pixels)?;
    let memory = decoder.total_bytes().saturating_add(price.beside(pixels));
    within("bytes of memory", memory, bounds.memory)?;
    // Broken metadata says nothing about the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    Ok(Decoded { pixels: DynamicImage::from_decoder(decoder)?, orientation, profile })
}

fn within(what: &'static str, is: u64, most: u64) -> Result<(), ThumbnailError> {
    if is > most { Err(ThumbnailError::TooLarge { what, is, most }) } else { Ok(()) }
}

impl Decoded {
    /// Shrunk first: turning fifty million pixels takes as much memory again.
    fn turned_and_shrunk(self, fit: u32) -> Result<DynamicImage, ThumbnailError> {
        let mut picture = shrink(self.pixels, fit)?;
        picture.apply_orientation(self.orientation);
        Ok(match self.profile {
            Some(profile) => as_srgb(picture, &profile),
            None => picture,
        })
    }
}

fn shrink(mut picture: DynamicImage, fit: u32) -> Result<DynamicImage, ThumbnailError> {
    let (width, height) = (picture.width(), picture.height());
    let longest = width.max(height);
    if longest <= fit {
        return Ok(picture);
    }
    let scaled = |side: u32| {
        let rounded =
            (u64::from(side) * u64::from(fit) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(rounded).unwrap_or(fit).clamp(1, fit)
    };
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| ThumbnailError::Broken(error);
    let mut small = DynamicImage::new(scaled(width), scaled(height), picture.color());
    // What can't be seen has a colour too, and must not shine through at the edges. In place, because the
    // resizer's own way would copy the whole picture.
    let seen_through = picture.color().has_alpha();
    let alpha = MulDiv::new();
    if seen_through {
        alpha.multiply_alpha_inplace(&mut picture).map_err(|error| broken(error.into()))?;
    }
    if longest > 4 * fit {
        // The fine filter is generic code that is compiled with ours; where that is not optimised, it takes
        // seconds for a large photo. A plain average goes before it, down to twice the size.
        let (twice_as_wide, twice_as_high) = (2 * small.width(), 2 * small.height());
        picture = picture.thumbnail_exact(twice_as_wide.min(width), twice_as_high.min(height));
    }
    let options = ResizeOptions::new().use_alpha(false);
    let mut resizer = Resizer::new();
    resizer.resize(&picture, &mut small, &options).map_err(|error| broken(error.into()))?;
    if seen_through {
        alpha.divide_alpha_inplace(&mut small).map_err(|error| broken(error.into()))?;
    }
    Ok(small)
}

fn encode(picture: DynamicImage) -> Result<Thumbnail, ThumbnailError> {
    let mut bytes = Vec::new();
    let kind = if picture.color().has_alpha() && is_seen_through(&picture) {
        picture.to_rgba8().write_with_encoder(PngEncoder::new(&mut bytes))?;
        "image/png"
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
        "image/jpeg"
    };
    let media_type = MediaType::parse(kind).unwrap_or_default();
    Ok(Thumbnail { media_type, bytes: bytes.into() })
}

fn is_seen_through(picture: &DynamicImage) -> bool {
    picture.to_rgba8().pixels().any(|pixel| pixel.0[3] != u8::MAX)
}

#[cfg(test)]
mod tests;
