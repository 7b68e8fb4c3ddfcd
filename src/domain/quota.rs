//! `Quota`: how much somebody may have, and `Amount`: how much they have.
//!
//! The limits of a slot hold within one session, and whoever opens another one begins anew. A quota counts everything
//! that is kept for a caller, on its way or stored, by whichever door and session it came.
//!
//! INVARIANT: what an entry weighs is a function of its row, so that a catalogue can count it too.

use crate::domain::{Code, Entry, EntryKind, EntryState, HumanSize, Rejection, wording::grouped};

/// What one entry weighs at most: sums of it must not overflow in any catalogue, and no disk holds it.
pub const HEAVIEST: u64 = 1 << 46;

/// What is kept for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Bytes: of entries on their way those that they will have, as far as that is known.
    pub bytes: u64,
    /// Files, on their way, complete or stored.
    pub files: u64,
    /// Those of them that miss bytes.
    pub unfinished: u64,
}

/// The most that somebody may have; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of files, stored and on their way.
    pub bytes: Option<u64>,
    /// Files, stored and on their way.
    pub files: Option<u64>,
    /// Files that miss bytes.
    pub unfinished: Option<u64>,
}

/// Whose quota it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The caller's in one slot.
    Slot,
    /// The caller's.
    Caller,
    /// That of all callers together.
    All,
}

impl Amount {
    /// What an entry weighs as long as its row is like this.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let active = entry.state().is_active();
        let stored = *entry.state() == EntryState::Consumed
            && entry.kept_at.is_some()
            && entry.lost_at.is_none();
        // What a writer of the application's has taken lies with the application.
        let settled = (entry.done() && *entry.state() == EntryState::Complete) || stored;
        if !active && (!settled || entry.writer_result.is_some()) {
            return Self::default();
        }
        let file = entry.kind == EntryKind::File;
        Self {
            bytes: entry.length.unwrap_or(entry.offset).min(HEAVIEST),
            files: u64::from(file),
            unfinished: u64::from(file && active),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files.saturating_add(other.files),
            unfinished: self.unfinished.saturating_add(other.unfinished),
        }
    }

    /// This without that, and nothing where that is more.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            files: self.files.saturating_sub(other.files),
            unfinished: self.unfinished.saturating_sub(other.unfinished),
        }
    }
}

impl Quota {
    /// No limit at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// So many bytes.
    #[must_use]
    pub fn bytes(mut self, max: u64) -> Self {
        self.bytes = Some(max);
        self
    }

    /// So many files.
    #[must_use]
    pub fn files(mut self, max: u64) -> Self {
        self.files = Some(max);
        self
    }

    /// So many files that miss bytes.
    #[must_use]
    pub fn unfinished(mut self, max: u64) -> Self {
        self.unfinished = Some(max);
        self
    }

    /// Whether nothing is limited.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The name of a limit that would let nothing in.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        let limits =
            [("bytes", self.bytes), ("files", self.files), ("unfinished", self.unfinished)];
        limits.into_iter().find(|(_, max)| *max == Some(0)).map(|(name, _)| name)
    }

    /// Whether so much more may be had beside what is used. What doesn't get more is not looked at: a quota that was
    /// lowered keeps nobody from finishing what has begun.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub fn check(&self, whose: Whose, used: Amount, more: Amount) -> Result<(), Rejection> {
        let limits = [
            ("bytes", self.bytes, used.bytes, more.bytes),
            ("files", self.files, used.files, more.files),
            ("unfinished", self.unfinished, used.unfinished, more.unfinished),
        ];
        for (what, max, used, more) in limits {
            let Some(max) = max.filter(|_| more > 0) else { continue };
            if used.checked_add(more).is_none_or(|sum| sum > max) {
                return Err(exceeded(whose, what, max, used));
            }
        }
        Ok(())
    }
}

/// How full the server is as a whole is nobody's business.
fn exceeded(whose: Whose, what: &'static str, max: u64, used: u64) -> Rejection {
    let rejection = Rejection::new(Code::QuotaExceeded).with_text("what", what);
    if whose == Whose::All {
        return rejection.with_message("The server has no place for more files. Try again later.");
    }
    let left = max.saturating_sub(used);
    let message = match (what, left) {
        ("bytes", 0) => format!("You may keep {} here, and nothing of it is left.", HumanSize(max)),
        ("bytes", 1) => format!("You may keep {} here; 1 byte is left.", HumanSize(max)),
        ("bytes", left) => {
            format!("You may keep {} here; {} are left.", HumanSize(max), HumanSize(left))
        }
        ("files", _) => match max {
            1 => "You may keep one file here. Delete it first.".to_owned(),
            max => format!("You may keep {} files here. Delete some first.", grouped(max)),
        },
        _ => match max {
            1 => "One of your uploads is unfinished. Finish or cancel it first.".to_owned(),
            max => {
                let max = grouped(max);
                format!("{max} of your uploads are unfinished. Finish or cancel some first.")
            }
        },
    };
    rejection.with_message(message).with_param("max", max).with_param("used", used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{GB, MB};

    fn amount(bytes: u64, files: u64, unfinished: u64) -> Amount {
        Amount { bytes, files, unfinished }
    }

    #[test]
    fn what_fits_to_the_last_byte_is_taken_and_one_more_is_not() {
        let quota = Quota::none().bytes(100).files(3).unfinished(2);
        let check = |used, more| quota.check(Whose::Caller, used, more).map_err(|no| no.code());
        assert_eq!(check(amount(60, 2, 1), amount(40, 1, 1)), Ok(()));
        for (used, more) in [
            (amount(60, 2, 1), amount(41, 1, 1)),
            (amount(0, 3, 1), amount(0, 1, 1)),
            (amount(0, 2, 2), amount(0, 1, 1)),
            (amount(u64::MAX, 0, 0), amount(1, 0, 0)),
        ] {
            assert_eq!(check(used, more), Err(Code::QuotaExceeded));
        }
        // Lowered since: what was begun may end, and take nothing more.
        assert_eq!(check(amount(500, 9, 9), amount(0, 0, 0)), Ok(()));
        assert_eq!(
            Quota::none().check(Whose::All, amount(u64::MAX, 9, 9), amount(9, 9, 9)),
            Ok(())
        );
    }

    #[test]
    fn the_sentence_says_what_one_may_have_and_what_is_left() {
        let quota = Quota::none().bytes(GB).files(1_000).unfinished(1_000);
        for (used, sentence) in [
            (amount(GB - 12 * MB, 0, 0), "You may keep 1 GB here; 12 MB are left."),
            (amount(GB - 1, 0, 0), "You may keep 1 GB here; 1 byte is left."),
            (amount(GB, 0, 0), "You may keep 1 GB here, and nothing of it is left."),
            (amount(0, 1_000, 0), "You may keep 1,000 files here. Delete some first."),
            (
                amount(0, 0, 1_000),
                "1,000 of your uploads are unfinished. Finish or cancel some first.",
            ),
        ] {
            let refused = quota.check(Whose::Slot, used, amount(20 * MB, 1, 1)).unwrap_err();
            assert_eq!(refused.message(), sentence);
        }
    }

    #[test]
    fn a_machine_reads_what_the_limit_is_and_how_much_is_used() {
        let quota = Quota::none().bytes(100);
        let refused = quota.check(Whose::Caller, amount(90, 0, 0), amount(11, 1, 1)).unwrap_err();
        assert_eq!(
            serde_json::to_value(refused.params()).unwrap(),
            serde_json::json!({"what": "bytes", "max": 100, "used": 90})
        );
        let all = quota.check(Whose::All, amount(90, 0, 0), amount(11, 1, 1)).unwrap_err();
        assert_eq!(
            serde_json::to_value(all.params()).unwrap(),
            serde_json::json!({"what": "bytes"})
        );
    }
}
