//! Handles that nobody gave out.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, text_like};

const HANDLES: &[&str] = &[
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10.019aa5e2-9b02-7a11-8c55-7e0b6c3d4f11.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10, 019aa5e2-9b02-7a11-8c55-7e0b6c3d4f11",
];

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_text_is_handles_as_they_are_written_or_nothing(text in text_like(HANDLES)) {
        let Some(handles) = Handle::read(&text) else { return Ok(()) };
        prop_assert!((1..=TOGETHER).contains(&handles.len()));
        let one = |handle: &Handle| match &handle.pass {
            Some(pass) => format!("{}.{pass}", handle.id),
            None => handle.id.to_string(),
        };
        let written: Vec<_> = handles.iter().map(one).collect();
        let plain: Vec<_> = text.split(',').map(str::trim).collect();
        prop_assert_eq!(written, plain);
    }
}
