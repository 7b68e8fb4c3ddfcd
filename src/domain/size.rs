//! `HumanSize`: a number of bytes as people write it.
//!
//! Limits and sizes stand beside each other in sentences; two places that round differently would
//! say "5 MB is over the limit of 5.0 MB". Units are decimal, as on packages and in file managers.

use std::fmt;

/// A kilobyte: 1,000 bytes.
pub const KB: u64 = 1_000;
/// A megabyte: 1,000,000 bytes.
pub const MB: u64 = 1_000 * KB;
/// A gigabyte: 1,000,000,000 bytes.
pub const GB: u64 = 1_000 * MB;

/// Displays bytes with at most one decimal: "1 byte", "999 bytes", "4.2 MB", "10 MB".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanSize(pub u64);

impl fmt::Display for HumanSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        if bytes < KB {
            return write!(f, "{bytes} {}", if bytes == 1 { "byte" } else { "bytes" });
        }
        // Rounding may carry into the next unit: 999,999 bytes is 1 MB, not 1000 kB.
        let tenths = |step: u128| (u128::from(bytes) * 10 + step / 2) / step;
        let (mut step, mut unit) = (u128::from(KB), "kB");
        for larger in ["MB", "GB", "TB", "PB", "EB"] {
            if tenths(step) < 10_000 {
                break;
            }
            (step, unit) = (step * u128::from(KB), larger);
        }
        match (tenths(step) / 10, tenths(step) % 10) {
            (whole, 0) => write!(f, "{whole} {unit}"),
            (whole, tenth) => write!(f, "{whole}.{tenth} {unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (1_049, "1 kB"),
            (1_050, "1.1 kB"),
            (65_536, "65.5 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1 MB"),
            (4_200_000, "4.2 MB"),
            (10 * MB, "10 MB"),
            (12_400_000, "12.4 MB"),
            (1_500_000_000, "1.5 GB"),
            (10_737_418_240, "10.7 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(HumanSize(bytes).to_string(), text);
        }
    }
}
