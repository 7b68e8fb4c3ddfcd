//! Colours: from the colour space that a picture brings to the one that pictures without a profile are in.
//!
//! A thumbnail carries no profile. The pictures of many telephones are in a wider space than sRGB; with
//! their profile cut off and nothing else done they would look dull beside the original.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// The same colours as sRGB. A profile that can't be understood, or is for something else than red, green and
/// blue (grey, or the inks of a picture that was decoded to colours already), changes nothing.
pub(super) fn as_srgb(picture: DynamicImage, profile: &[u8]) -> DynamicImage {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return picture };
    if profile.color_space != DataColorSpace::Rgb {
        return picture;
    }
    let see_through = picture.color().has_alpha();
    let layout = if see_through { Layout::Rgba } else { Layout::Rgb };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) else {
        return picture;
    };
    let mut converted = if see_through {
        DynamicImage::from(picture.to_rgba8())
    } else {
        DynamicImage::from(picture.to_rgb8())
    };
    let before = converted.as_bytes().to_vec();
    let samples: &mut [u8] = match &mut converted {
        DynamicImage::ImageRgba8(pixels) => pixels.as_mut(),
        DynamicImage::ImageRgb8(pixels) => pixels.as_mut(),
        _ => return picture,
    };
    match transform.transform(&before, samples) {
        Ok(()) => converted,
        Err(_) => picture,
    }
}
