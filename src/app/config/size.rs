//! Sizes as operators write them: `256MiB`, `1.5 GB` is not one, `0` is.

/// What [`size`] understands, for whoever wrote something else.
pub(super) const SIZE: &str = "`auto`, or bytes like 0, 500MB or 256MiB";

/// Bytes: a whole number, and a unit of thousands (kB, MB, GB, TB) or of 1,024 (KiB, MiB, GiB, TiB).
pub(crate) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4_096),
            ("500MB", 500_000_000),
            (" 256 MiB ", 256 << 20),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "1.5GB", "-1", "1 mb", "256M", "99999999999TB", "1MB2"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
