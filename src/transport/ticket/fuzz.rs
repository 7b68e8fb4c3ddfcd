//! Tickets that nobody gave out.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, text_like};

const TICKETS: &[&str] = &[
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10.019aa5e2-9b02-7a11-8c55-7e0b6c3d4f11.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10, 019aa5e2-9b02-7a11-8c55-7e0b6c3d4f11",
];

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_text_is_tickets_as_they_are_written_or_nothing(text in text_like(TICKETS)) {
        let Some(tickets) = Ticket::read(&text) else { return Ok(()) };
        prop_assert!((1..=TOGETHER).contains(&tickets.len()));
        let one = |ticket: &Ticket| match &ticket.pass {
            Some(pass) => format!("{}.{pass}", ticket.id),
            None => ticket.id.to_string(),
        };
        let written: Vec<_> = tickets.iter().map(one).collect();
        let plain: Vec<_> = text.split(',').map(str::trim).collect();
        prop_assert_eq!(written, plain);
    }
}
