//! `Constraints`: how many files a slot takes, how large, and of which kind.
//!
//! A size is claimed when a file is registered, seen while it comes, and certain when it ends; the
//! same limit has to hold at all three. Forms and streams have no honest claim at all, so nothing
//! that was checked at the start counts as checked at the end.

use crate::domain::{
    Accept, ClientFacts, FileName, HumanSize, MB, Rejection,
    wording::{capitalised, grouped},
};

/// The limits of a slot. Sizes are bytes and inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// Which kinds of files.
    pub accept: Accept,
    /// How many files at once.
    pub max_entries: u32,
    /// The largest single file.
    pub max_file_size: u64,
    /// The smallest single file.
    pub min_file_size: u64,
    /// All files of the slot together.
    pub max_total_size: Option<u64>,
}

/// What already lies in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Files, on their way or complete.
    pub entries: u32,
    /// Their bytes: declared ones of those on their way, received ones where none were declared.
    pub bytes: u64,
}

impl Default for Constraints {
    fn default() -> Self {
        Self {
            accept: Accept::any(),
            max_entries: 1,
            max_file_size: 10 * MB,
            min_file_size: 0,
            max_total_size: None,
        }
    }
}

impl Constraints {
    /// Whether a file may be registered, by what the client says of it: its kind, its size, the
    /// number of files, all bytes together, in this order.
    ///
    /// # Errors
    /// `not_accepted`, `too_large`, `too_small`, `too_many_files`, `total_too_large`.
    pub fn check_register(
        &self,
        existing: &Usage,
        name: &FileName,
        facts: &ClientFacts,
    ) -> Result<(), Rejection> {
        self.check_kind(name, facts)?;
        self.check_amount(existing, facts)
    }

    /// The first part of [`check_register`](Self::check_register): the kind of the file.
    ///
    /// # Errors
    /// `not_accepted`.
    pub fn check_kind(&self, name: &FileName, facts: &ClientFacts) -> Result<(), Rejection> {
        let claimed = facts.client_type.as_deref().unwrap_or_default();
        match self.accept.matches(name, claimed) {
            Some(_) => Ok(()),
            None => Err(Rejection::not_accepted(&self.accept)),
        }
    }

    /// The second part of [`check_register`](Self::check_register): size, number and total.
    ///
    /// # Errors
    /// `too_large`, `too_small`, `too_many_files`, `total_too_large`.
    pub fn check_amount(&self, existing: &Usage, facts: &ClientFacts) -> Result<(), Rejection> {
        if let Some(size) = facts.client_size {
            self.check_final(size)?;
        }
        if existing.entries >= self.max_entries {
            return Err(Rejection::too_many_files(self.max_entries));
        }
        self.check_total(existing, facts.client_size.unwrap_or(0))
    }

    /// Whether a file that has `offset` bytes by now may go on. The size isn't final, so neither
    /// is "too small".
    ///
    /// # Errors
    /// `too_large`.
    pub fn check_so_far(&self, offset: u64) -> Result<(), Rejection> {
        if offset > self.max_file_size {
            // The true size isn't known while bytes still come.
            return Err(Rejection::too_large(None, self.max_file_size));
        }
        Ok(())
    }

    /// Whether a file of exactly this many bytes is allowed.
    ///
    /// # Errors
    /// `too_large`, `too_small`.
    pub fn check_final(&self, length: u64) -> Result<(), Rejection> {
        if length > self.max_file_size {
            return Err(Rejection::too_large(Some(length), self.max_file_size));
        }
        if length < self.min_file_size {
            return Err(Rejection::too_small(length, self.min_file_size));
        }
        Ok(())
    }

    /// Whether so many bytes fit beside the other files of the slot.
    ///
    /// # Errors
    /// `total_too_large`.
    pub fn check_total(&self, others: &Usage, bytes: u64) -> Result<(), Rejection> {
        match self.max_total_size {
            Some(max) if others.bytes.checked_add(bytes).is_none_or(|total| total > max) => {
                Err(Rejection::total_too_large(max))
            }
            _ => Ok(()),
        }
    }

    /// The limits in words: "JPG, PNG or WebP, up to 10 files, 10 MB each".
    pub fn describe(&self) -> String {
        let mut text = capitalised(&self.accept.describe());
        let size = HumanSize(self.max_file_size);
        text += &match self.max_entries {
            1 => format!(", up to {size}"),
            count => format!(", up to {} files, {size} each", grouped(u64::from(count))),
        };
        if self.min_file_size > 0 {
            text += &format!(", at least {}", HumanSize(self.min_file_size));
        }
        if let Some(total) = self.max_total_size.filter(|_| self.max_entries > 1) {
            text += &format!(", {} together", HumanSize(total));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Code, GB};

    fn photos() -> Constraints {
        Constraints {
            accept: ".jpg,.png".parse().unwrap(),
            max_entries: 2,
            max_file_size: 100,
            min_file_size: 10,
            max_total_size: Some(150),
        }
    }

    fn register(existing: Usage, name: &str, size: Option<u64>) -> Option<Code> {
        let name = FileName::sanitise(name).unwrap();
        let facts = ClientFacts { client_size: size, ..ClientFacts::default() };
        photos().check_register(&existing, &name, &facts).err().map(|rejection| rejection.code())
    }

    #[test]
    fn what_keeps_the_limits_is_registered() {
        let one = Usage { entries: 1, bytes: 100 };
        for size in [10, 50, 100] {
            assert_eq!(register(Usage::default(), "a.jpg", Some(size)), None);
        }
        assert_eq!(register(one, "a.jpg", Some(50)), None);
        assert_eq!(register(one, "a.jpg", None), None);
    }

    #[test]
    fn the_kind_is_judged_before_the_size_the_size_before_the_count_the_count_before_the_total() {
        let full = Usage { entries: 2, bytes: 150 };
        let one = Usage { entries: 1, bytes: 100 };
        assert_eq!(register(full, "a.exe", Some(101)), Some(Code::NotAccepted));
        assert_eq!(register(full, "a.jpg", Some(101)), Some(Code::TooLarge));
        assert_eq!(register(full, "a.jpg", Some(9)), Some(Code::TooSmall));
        assert_eq!(register(full, "a.jpg", Some(50)), Some(Code::TooManyFiles));
        assert_eq!(register(one, "a.jpg", Some(51)), Some(Code::TotalTooLarge));
    }

    #[test]
    fn totals_never_wrap_around() {
        let usage = Usage { entries: 0, bytes: u64::MAX };
        let code = photos().check_total(&usage, u64::MAX).unwrap_err().code();
        assert_eq!(code, Code::TotalTooLarge);
        assert!(Constraints::default().check_total(&usage, u64::MAX).is_ok());
    }

    #[test]
    fn the_limit_holds_while_bytes_come_and_at_the_end() {
        assert!(photos().check_so_far(0).is_ok() && photos().check_so_far(100).is_ok());
        assert_eq!(photos().check_so_far(101).unwrap_err().code(), Code::TooLarge);
        assert_eq!(photos().check_final(101).unwrap_err().code(), Code::TooLarge);
        assert_eq!(photos().check_final(9).unwrap_err().code(), Code::TooSmall);
        assert!(photos().check_final(10).is_ok() && photos().check_final(100).is_ok());
        assert!(Constraints::default().check_final(0).is_ok());
    }

    #[test]
    fn the_rules_are_said_in_words() {
        let describe = |accept: &str, max_entries, max_file_size| {
            let accept = accept.parse().unwrap();
            Constraints { accept, max_entries, max_file_size, ..Constraints::default() }.describe()
        };
        assert_eq!(
            describe(".jpg,.png,.webp", 10, 10 * MB),
            "JPG, PNG or WebP, up to 10 files, 10 MB each"
        );
        assert_eq!(describe("image/*", 1, 5 * MB), "Images, up to 5 MB");
        assert_eq!(describe("", 1_000, 10 * GB), "Any file, up to 1,000 files, 10 GB each");
        assert_eq!(
            photos().describe(),
            "JPG or PNG, up to 2 files, 100 bytes each, at least 10 bytes, 150 bytes together"
        );
    }
}
