//! What a client has asked for and what takes its time: events, and files that an application thinks about.
//! Each waits in memory with all that it brought. A client that doesn't read its answers freezes
//! its own session; one whose wishes have no answer yet would not, so their number is bounded here.

use std::rc::Rc;

/// As many wishes of one session as wait at a time. A page that plays by the rules has a few.
const AT_ONCE: usize = 64;

/// The wishes of one session.
#[derive(Debug, Default)]
pub(super) struct Wishes(Rc<()>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Wish(#[allow(dead_code)] Rc<()>); // Held, not read.

impl Wishes {
    /// One more; nothing if there are too many.
    pub(super) fn one_more(&self) -> Option<Wish> {
        (Rc::strong_count(&self.0) <= AT_ONCE).then(|| Wish(Rc::clone(&self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_and_no_more_until_one_is_over() {
        let wishes = Wishes::default();
        let mut held: Vec<_> = (0..AT_ONCE).map(|_| wishes.one_more().unwrap()).collect();
        assert!(wishes.one_more().is_none());
        held.pop();
        assert!(wishes.one_more().is_some());
    }
}
