//! [`Chatter`]: how many lines of the log one session may cause.
//!
//! A client that asks for a slot that isn't there is worth a line, because a page's developer may have misspelt it.
//! One that does so a hundred thousand times fills the disk with lines that say the same.

use std::sync::atomic::{AtomicU32, Ordering};

/// As many odd things of a client are told of, and then one line more that says so.
const ODD: u32 = 32;
/// As many faults of ours, each of which may be another.
const FAULTS: u32 = 256;

#[derive(Debug, Default)]
pub(super) struct Chatter {
    odd: AtomicU32,
    faults: AtomicU32,
}

/// Whether something is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    Line,
    /// It is, and nothing of its kind is from now on.
    LastLine,
    Nothing,
}

impl Chatter {
    pub(super) fn odd(&self) -> Worth {
        count(&self.odd, ODD)
    }

    pub(super) fn fault(&self) -> Worth {
        count(&self.faults, FAULTS)
    }
}

fn count(so_far: &AtomicU32, most: u32) -> Worth {
    // Beyond the last one nothing is counted, so that it never begins anew.
    let counted = so_far.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
        (count < most).then_some(count + 1)
    });
    match counted {
        Ok(count) if count + 1 == most => Worth::LastLine,
        Ok(_) => Worth::Line,
        Err(_) => Worth::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_of_so_often_and_then_not_any_more() {
        let chatter = Chatter::default();
        for _ in 1..ODD {
            assert_eq!(chatter.odd(), Worth::Line);
        }
        assert_eq!(chatter.odd(), Worth::LastLine);
        for _ in 0..1_000 {
            assert_eq!(chatter.odd(), Worth::Nothing);
        }
        assert_eq!(chatter.fault(), Worth::Line, "faults are another matter");
    }
}
