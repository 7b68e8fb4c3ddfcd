//! Sequences that once went wrong, shortest first, each named after what it showed.

use super::command::{At, Command as C, Length, Rival};
use super::replay;

#[test]
fn nothing_at_all_leaves_nothing() {
    replay(&[]);
    replay(&[C::Rest, C::Sweep, C::Die]);
}

#[test]
fn a_superseded_finish_does_not_wait_for_the_newer_holder_and_nobody_waits_for_it() {
    for turns in 0..24 {
        replay(&[
            C::Register { session: 0, size: 100, declared: false },
            C::Claim { entry: 0 },
            C::Push { lease: 0, at: At::Right, length: Length::Bytes(1) },
            C::Race { lease: 0, rival: Rival::Claim, turns },
            C::Cancel { entry: 0 },
        ]);
    }
}
