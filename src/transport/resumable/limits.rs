//! `Upload-Limit`: a slot's rules as the draft says them.
//!
//! It is never empty: a server without limits says `min-size=0` (draft, "Limits").

use std::time::Duration;

use sfv::{DictSerializer, Integer, KeyRef};

use super::fields::LARGEST;
use crate::domain::Slot;

/// The limits of a slot, and for how long an upload that nobody goes on with is kept.
pub(super) fn of(slot: &Slot, kept: Option<Duration>) -> String {
    let rules = slot.constraints();
    let max = rules.max_total_size.unwrap_or(u64::MAX).min(rules.max_file_size);
    written(max, rules.min_file_size, kept)
}

fn written(max: u64, min: u64, kept: Option<Duration>) -> String {
    let max = (max <= LARGEST).then_some(max);
    let min = (min > 0 || max.is_none()).then_some(min);
    let mut dictionary = DictSerializer::new();
    for (key, value) in
        [("max-size", max), ("min-size", min), ("max-age", kept.map(|kept| kept.as_secs()))]
    {
        let key = KeyRef::from_str(key).ok();
        let value = value.and_then(|value| Integer::try_from(value).ok());
        if let (Some(key), Some(value)) = (key, value) {
            let _ = dictionary.bare_item(key, value);
        }
    }
    dictionary.finish().unwrap_or_else(|| "min-size=0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_08_limits_are_a_dictionary_that_is_never_empty() {
        let day = Some(Duration::from_secs(86_400));
        for (max, min, kept, expected) in [
            (10_000_000, 0, None, "max-size=10000000"),
            (100, 10, None, "max-size=100, min-size=10"),
            (100, 10, day, "max-size=100, min-size=10, max-age=86400"),
            (LARGEST, 0, None, "max-size=999999999999999"),
            (LARGEST + 1, 0, None, "min-size=0"),
            (u64::MAX, 0, None, "min-size=0"),
            (u64::MAX, 0, day, "min-size=0, max-age=86400"),
        ] {
            assert_eq!(written(max, min, kept), expected);
        }
    }
}
