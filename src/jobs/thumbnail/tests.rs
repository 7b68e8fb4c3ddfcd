//! Pictures that are made here, turned, cut off and lied about.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{Frame, ImageBuffer, ImageEncoder, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

const RED: [u8; 3] = [220, 30, 30];
const BLUE: [u8; 3] = [30, 30, 220];

/// Blue, with a red corner at the top left.
fn corner(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(if x < width / 2 && y < height / 2 { RED } else { BLUE })
    })
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn rendered(bytes: &[u8]) -> Result<Thumbnail, ThumbnailError> {
    render(Cursor::new(bytes), 320, &Bounds::default())
}

/// What a browser would see of the thumbnail.
fn seen(thumbnail: &Thumbnail) -> DynamicImage {
    image::load_from_memory(thumbnail.bytes()).unwrap()
}

fn near(found: &DynamicImage, x: u32, y: u32, colour: [u8; 3]) -> bool {
    let pixel = found.to_rgb8().get_pixel(x, y).0;
    pixel.iter().zip(colour).all(|(is, wanted)| is.abs_diff(wanted) < 40)
}

/// Exif data with an orientation, a maker and a place, as an APP1 segment behind the start of the image.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x03".to_vec();
    // Maker: 12 bytes of text behind the three entries and the next offset.
    tiff.extend(b"\x01\x0f\0\x02\0\0\0\x0c\0\0\0\x32");
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    // The folder of the place, here an empty one behind the text.
    tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x3e\0\0\0\0");
    tiff.extend(b"SecretMaker\0\0\0\0\0\0\0");
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend(length);
    bytes.extend(segment);
    bytes.extend(&jpeg[2..]);
    bytes
}

#[test]
fn a_photo_is_turned_as_its_exif_data_says() {
    let jpeg = encoded(corner(800, 400), ImageFormat::Jpeg);
    // Where the top left corner of what is stored belongs (Exif 2.32, 4.6.4, tag 0x0112), and whether the
    // sides change places.
    let table = [
        (1, (0, 0), false),
        (2, (1, 0), false),
        (3, (1, 1), false),
        (4, (0, 1), false),
        (5, (0, 0), true),
        (6, (1, 0), true),
        (7, (1, 1), true),
        (8, (0, 1), true),
        // Those are none.
        (0, (0, 0), false),
        (9, (0, 0), false),
    ];
    for (orientation, (right, down), sideways) in table {
        let thumbnail = rendered(&with_exif(&jpeg, orientation)).unwrap();
        let found = seen(&thumbnail);
        let (width, height) = if sideways { (160, 320) } else { (320, 160) };
        assert_eq!((found.width(), found.height()), (width, height), "{orientation}");
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let colour = if (x, y) == (right, down) { RED } else { BLUE };
            let place = (width / 4 + x * width / 2, height / 4 + y * height / 2);
            assert!(near(&found, place.0, place.1, colour), "{orientation}: {x} {y}");
        }
    }
}

#[test]
fn nothing_but_pixels_gets_into_a_thumbnail() {
    let mut jpeg = with_exif(&encoded(corner(400, 400), ImageFormat::Jpeg), 6);
    let comment = b"\xff\xfe\0\x1e<script>alert(1)</script>\xff\xff";
    jpeg.splice(2..2, comment.iter().copied());
    jpeg.extend(b"PK\x03\x04 an archive behind it");
    let mut png = encoded(RgbaImage::from_pixel(9, 9, Rgba([1, 2, 3, 4])), ImageFormat::Png);
    png.extend(b"PK\x03\x04 an archive behind it");
    for bytes in [jpeg, png] {
        let thumbnail = rendered(&bytes).unwrap();
        let has = |what: &[u8]| thumbnail.bytes().windows(what.len()).any(|part| part == what);
        for what in
            ["Exif", "SecretMaker", "GPS", "http://ns.adobe.com", "ICC_PROFILE", "script", "PK\x03"]
        {
            assert!(!has(what.as_bytes()), "{what}");
        }
        for what in ["eXIf", "iCCP", "tEXt", "iTXt", "zTXt", "tIME"] {
            assert!(!has(what.as_bytes()), "{what}");
        }
    }
}

#[test]
fn it_fits_and_is_never_enlarged() {
    for ((width, height), expected) in [
        ((4_000, 3_000), (320, 240)),
        ((300, 1_000), (96, 320)),
        ((320, 320), (320, 320)),
        ((321, 320), (320, 319)),
        ((20, 10), (20, 10)),
        ((1, 1), (1, 1)),
        // Thinner than a pixel is none.
        ((16_000, 1), (320, 1)),
        ((1, 5_000), (1, 320)),
    ] {
        let png = encoded(corner(width, height), ImageFormat::Png);
        let found = seen(&rendered(&png).unwrap());
        assert_eq!((found.width(), found.height()), expected, "{width}×{height}");
    }
}

#[test]
fn what_can_be_looked_through_stays_so() {
    // A red disc in what can't be seen, which is green.
    let picture = RgbaImage::from_fn(1_000, 1_000, |x, y| {
        let (x, y) = (x.abs_diff(500), y.abs_diff(500));
        if x * x + y * y < 200 * 200 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
    });
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let thumbnail = rendered(&encoded(picture.clone(), format)).unwrap();
        assert_eq!(thumbnail.media_type().as_str(), "image/png");
        let found = seen(&thumbnail).to_rgba8();
        assert_eq!(found.get_pixel(160, 160).0, [255, 0, 0, 255]);
        assert_eq!(found.get_pixel(3, 3).0[3], 0);
        let green = found.pixels().filter(|pixel| pixel.0[3] > 8 && pixel.0[1] > 40).count();
        assert_eq!(green, 0, "what can't be seen doesn't shine through at the edge");
    }
    let opaque = RgbaImage::from_pixel(500, 500, Rgba([9, 99, 199, 255]));
    let thumbnail = rendered(&encoded(opaque, ImageFormat::Png)).unwrap();
    assert_eq!(thumbnail.media_type().as_str(), "image/jpeg");
    assert!(near(&seen(&thumbnail), 10, 10, [9, 99, 199]));
}

#[test]
fn of_an_animation_it_is_the_first_frame() {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for colour in [RED, BLUE] {
        let [red, green, blue] = colour;
        let frame = RgbaImage::from_pixel(400, 400, Rgba([red, green, blue, 255]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let found = seen(&rendered(&gif).unwrap());
    assert_eq!((found.width(), found.height()), (320, 320));
    assert!(near(&found, 160, 160, RED));
}

#[test]
fn the_colours_of_another_screen_become_those_of_every_screen() {
    let with = |profile: Vec<u8>| {
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile).unwrap();
        let picture = RgbImage::from_pixel(400, 400, Rgb([200, 100, 50]));
        picture.write_with_encoder(encoder).unwrap();
        let thumbnail = rendered(&png).unwrap();
        assert!(!thumbnail.bytes().windows(11).any(|part| part == b"ICC_PROFILE"));
        let [red, green, blue] = seen(&thumbnail).to_rgb8().get_pixel(9, 9).0;
        [i16::from(red) - 200, i16::from(green) - 100, i16::from(blue) - 50]
    };
    // What stands in Display P3 lies further from grey in sRGB.
    let wide = with(moxcms::ColorProfile::new_display_p3().encode().unwrap());
    assert!(wide[0] > 8 && wide[1] < -2 && wide[2] < -8, "{wide:?}");
    for harmless in [
        moxcms::ColorProfile::new_srgb().encode().unwrap(),
        moxcms::ColorProfile::new_gray_with_gamma(2.2).encode().unwrap(),
        b"no profile".to_vec(),
    ] {
        let same = with(harmless);
        assert!(same.iter().all(|off| off.abs() < 4), "{same:?}");
    }
}

#[test]
fn grey_and_deep_pictures_are_rendered_too() {
    let grey = ImageBuffer::from_pixel(500, 400, Luma([128_u8]));
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let found = seen(&rendered(&encoded(grey.clone(), format)).unwrap());
        assert!(near(&found, 9, 9, [128; 3]));
    }
    let deep = ImageBuffer::from_pixel(500, 400, Rgb([0xffff_u16, 0x8000, 0]));
    let found = seen(&rendered(&encoded(deep, ImageFormat::Png)).unwrap());
    assert!(near(&found, 9, 9, [255, 128, 0]));
    let thin = ImageBuffer::from_pixel(500, 400, Rgba([0xffff_u16, 0x8000, 0, 0x8000]));
    let thumbnail = rendered(&encoded(thin, ImageFormat::Png)).unwrap();
    assert_eq!(thumbnail.media_type().as_str(), "image/png");
    let pixel = seen(&thumbnail).to_rgba8().get_pixel(9, 9).0;
    assert!(pixel[0] > 250 && pixel[1].abs_diff(128) < 4 && pixel[3].abs_diff(128) < 4);
}

#[test]
fn what_is_cut_off_is_rendered_as_far_as_it_goes_or_refused() {
    let noisy = RgbImage::from_fn(600, 600, |x, y| {
        let noise = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503);
        Rgb([noise.to_be_bytes()[0], noise.to_be_bytes()[1], noise.to_be_bytes()[2]])
    });
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = encoded(noisy.clone(), format);
        assert!(rendered(&whole).is_ok(), "{format:?}");
        // In the middle of everything, headers too.
        let cuts = (0..64).chain((1..20).map(|part| whole.len() * part / 20));
        for cut in cuts {
            match rendered(&whole[..cut]) {
                Ok(thumbnail) => {
                    assert!(cut > 64, "{format:?} at {cut}");
                    assert_eq!(seen(&thumbnail).width(), 320, "{format:?} at {cut}");
                }
                Err(ThumbnailError::NotAPicture | ThumbnailError::Broken(_)) => {}
                Err(error) => panic!("{format:?} at {cut}: {error}"),
            }
        }
    }
}

#[test]
fn what_is_no_picture_is_none() {
    for bytes in [
        &b""[..],
        b"a text that was renamed to photo.jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0",
        b"%PDF-1.4",
    ] {
        let error = rendered(bytes).unwrap_err();
        assert!(matches!(error, ThumbnailError::NotAPicture), "{error}");
    }
}

/// A PNG whose header declares a size, and that has next to no pixels.
fn png_that_declares(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let mut sum = !0_u32;
    for byte in &header {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    png.extend(header);
    png.extend((!sum).to_be_bytes());
    png.extend(b"\0\0\0\x0aIDATx\x9cc\0\x01\0\0\x05\0\x01\x0d\x0a\x2d\xb4");
    png
}

/// A JPEG's header: baseline or progressive, with one scan for all of its three components or one for each.
fn jpeg_that_declares(width: u16, height: u16, progressive: bool, in_scan: u8) -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, if progressive { 0xc2 } else { 0xc0 }, 0, 17, 8];
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend([3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    jpeg.extend([0xff, 0xda, 0, 6 + 2 * in_scan, in_scan]);
    jpeg
}

fn over(bytes: &[u8]) -> &'static str {
    match rendered(bytes).unwrap_err() {
        ThumbnailError::TooLarge { what, .. } => what,
        other => panic!("{other}"),
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    assert_eq!(over(&png_that_declares(30_000, 30_000)), "width");
    assert_eq!(over(&png_that_declares(100, 30_000)), "height");
    assert_eq!(over(&png_that_declares(16_000, 16_000)), "pixels");
    // Fourteen bits each for width and height, one less than they are.
    let mut webp = b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f".to_vec();
    webp.extend((16_000_u32 << 14 | 16_000).to_le_bytes());
    webp.extend([0; 5]);
    assert_eq!(over(&webp), "pixels");
}

#[test]
fn a_header_that_declares_gigabytes_of_metadata_is_refused() {
    let plain = encoded(corner(2, 2), ImageFormat::WebP);
    let mut webp = b"RIFF\xff\xff\xff\xfeWEBPVP8X\x0a\0\0\0\x08\0\0\0\x01\0\0\x01\0\0".to_vec();
    webp.extend(&plain[12..]);
    webp.extend(b"EXIF\xf0\xff\xff\xffMM");
    let error = rendered(&webp).unwrap_err();
    assert!(matches!(error, ThumbnailError::Broken(_)), "{error}");
}

#[test]
fn what_is_held_twice_costs_twice() {
    let price = |bytes: &[u8]| {
        let length = bytes.len() as u64;
        Price::of(ImageFormat::Jpeg, &mut Cursor::new(bytes), length).unwrap().beside(1)
    };
    assert_eq!(price(&jpeg_that_declares(9, 9, false, 3)), 0);
    assert_eq!(price(&jpeg_that_declares(9, 9, false, 1)), 3);
    assert_eq!(price(&jpeg_that_declares(9, 9, true, 3)), 3);
    assert_eq!(price(&encoded(corner(9, 9), ImageFormat::Jpeg)), 0);
    assert_eq!(price(b"\xff\xd8\xff"), 8, "who knows");
}

#[test]
fn each_bound_is_kept() {
    let png = encoded(corner(100, 50), ImageFormat::Png);
    let exact = Bounds { bytes: png.len() as u64, side: 100, pixels: 5_000, memory: 15_000 };
    let what = |bounds: Bounds| match render(Cursor::new(&png), 10, &bounds) {
        Ok(_) => "",
        Err(ThumbnailError::TooLarge { what, .. }) => what,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(what(exact), "");
    assert_eq!(what(Bounds { bytes: exact.bytes - 1, ..exact }), "bytes");
    assert_eq!(what(Bounds { side: 99, ..exact }), "width");
    assert_eq!(what(Bounds { pixels: 4_999, ..exact }), "pixels");
    assert_eq!(what(Bounds { memory: 14_999, ..exact }), "bytes of memory");
}
