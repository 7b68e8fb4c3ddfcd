//! `Slot`: what may be uploaded, under a name.
//!
//! A page declares its slots with options as a developer writes them; a declared slot has nothing
//! left in it that could be wrong, so that mistakes show when the page is mounted and not when a
//! visitor chooses a file.
//!
//! INVARIANT: every door admits files through [`Slot::admit`], so every rule holds on every door.

use crate::domain::{
    AcceptError, ClientFacts, Code, Constraints, DigestKind, FileName, Grant, NameError, Quota,
    Rejection, SlotName, Usage, is_active_extension, is_active_type,
};

const ENTRIES: std::ops::RangeInclusive<u32> = 1..=10_000;
const CHUNK_SIZES: std::ops::RangeInclusive<u32> = 1_024..=1_000_000;
const DEFAULT_CHUNK_SIZE: u32 = 65_536;

/// When the bytes of a chosen file are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// As soon as it is chosen.
    #[default]
    Auto,
    /// When the form is submitted.
    Manual,
}

/// What becomes of files that a browser would run as a page or a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActiveContent {
    /// They are refused.
    #[default]
    Refuse,
    /// They are taken like any file.
    Allow,
}

/// What a developer says of a slot. Nothing is checked before the slot is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    accept: String,
    constraints: Constraints,
    start: Start,
    active_content: ActiveContent,
    chunk_size: u32,
    quota: Quota,
    digest: Option<DigestKind>,
}

impl Default for Declaration {
    fn default() -> Self {
        Self {
            accept: String::new(),
            constraints: Constraints::default(),
            start: Start::default(),
            active_content: ActiveContent::default(),
            chunk_size: DEFAULT_CHUNK_SIZE,
            quota: Quota::none(),
            digest: None,
        }
    }
}

impl Declaration {
    /// One file of any kind, up to 10 MB, sent as soon as it is chosen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which files, as in HTML: `".jpg,image/png,video/*"`. Empty is any file.
    #[must_use]
    pub fn accept(mut self, accept: impl Into<String>) -> Self {
        self.accept = accept.into();
        self
    }

    /// How many files at once, 1 to 10,000.
    #[must_use]
    pub fn max_entries(mut self, count: u32) -> Self {
        self.constraints.max_entries = count;
        self
    }

    /// The largest file in bytes.
    #[must_use]
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.constraints.max_file_size = bytes;
        self
    }

    /// The smallest file in bytes.
    #[must_use]
    pub fn min_file_size(mut self, bytes: u64) -> Self {
        self.constraints.min_file_size = bytes;
        self
    }

    /// All files of the slot together, in bytes.
    #[must_use]
    pub fn max_total_size(mut self, bytes: u64) -> Self {
        self.constraints.max_total_size = Some(bytes);
        self
    }

    /// How many bytes a client should send at once, 1,024 to 1,000,000.
    #[must_use]
    pub fn chunk_size(mut self, bytes: u32) -> Self {
        self.chunk_size = bytes;
        self
    }

    /// What one caller may have in this slot, by all sessions together, stored files included.
    #[must_use]
    pub fn quota_per_caller(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// Bytes are sent when the form is submitted.
    #[must_use]
    pub fn manual(mut self) -> Self {
        self.start = Start::Manual;
        self
    }

    /// Bytes are sent as soon as a file is chosen.
    #[must_use]
    pub fn auto(mut self) -> Self {
        self.start = Start::Auto;
        self
    }

    /// Which digest its files get; SHA-256 unless said. A SHA-256 that a client declares is compared in any case.
    #[must_use]
    pub fn digest(mut self, kind: DigestKind) -> Self {
        self.digest = Some(kind);
        self
    }

    /// The same where nothing was said of it.
    #[must_use]
    pub fn digest_unless_said(mut self, kind: DigestKind) -> Self {
        self.digest.get_or_insert(kind);
        self
    }

    /// Takes HTML, SVG and scripts too. They are still only offered for download.
    #[must_use]
    pub fn allow_active_content(mut self) -> Self {
        self.active_content = ActiveContent::Allow;
        self
    }
}

/// A mistake of the developer in a slot's declaration: what was given and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// The slot's name.
    #[error("{0}")]
    Name(#[from] NameError),
    /// The accept list.
    #[error("slot {slot}: {source}")]
    Accept {
        /// The slot's name.
        slot: SlotName,
        /// Which pattern.
        source: AcceptError,
    },
    /// A number out of its range.
    #[error("slot {slot}: {option} is {given}, allowed is {min} to {max}")]
    OutOfRange {
        /// The slot's name.
        slot: SlotName,
        /// Which option.
        option: &'static str,
        /// What was given.
        given: u64,
        /// The least that is allowed.
        min: u64,
        /// The most that is allowed.
        max: u64,
    },
}

/// A declared slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    name: SlotName,
    constraints: Constraints,
    start: Start,
    active_content: ActiveContent,
    chunk_size: u32,
    quota: Quota,
    digest: DigestKind,
}

impl Slot {
    /// Declares a slot.
    ///
    /// # Errors
    /// [`SlotError`] for a bad name, a bad accept list or a number out of its range.
    pub fn declare(name: &str, options: Declaration) -> Result<Self, SlotError> {
        let name: SlotName = name.parse()?;
        let Declaration {
            accept,
            mut constraints,
            start,
            active_content,
            chunk_size,
            quota,
            digest,
        } = options;
        let digest = digest.unwrap_or_default();
        constraints.accept =
            accept.parse().map_err(|source| SlotError::Accept { slot: name.clone(), source })?;
        let check = |option, given: u64, min: u64, max: u64| {
            if (min..=max).contains(&given) {
                return Ok(());
            }
            Err(SlotError::OutOfRange { slot: name.clone(), option, given, min, max })
        };
        let Constraints { max_entries, max_file_size, min_file_size, max_total_size, .. } =
            constraints;
        let wide = u64::from;
        check("max_entries", wide(max_entries), wide(*ENTRIES.start()), wide(*ENTRIES.end()))?;
        check("max_file_size", max_file_size, 1, u64::MAX)?;
        check("min_file_size", min_file_size, 0, max_file_size)?;
        check(
            "max_total_size",
            max_total_size.unwrap_or(u64::MAX),
            min_file_size.max(1),
            u64::MAX,
        )?;
        check(
            "chunk_size",
            wide(chunk_size),
            wide(*CHUNK_SIZES.start()),
            wide(*CHUNK_SIZES.end()),
        )?;
        if let Some(option) = quota.zero() {
            check(option, 0, 1, u64::MAX)?;
        }
        Ok(Self { name, constraints, start, active_content, chunk_size, quota, digest })
    }

    /// The same for whoever comes with a ticket: nothing becomes wider. How many files there may be in all is no rule of
    /// one session's, and is counted elsewhere.
    #[must_use]
    pub fn narrowed(mut self, grant: &Grant) -> Self {
        let constraints = &mut self.constraints;
        let largest = grant.max_file_size.unwrap_or(u64::MAX);
        constraints.max_file_size = constraints.max_file_size.min(largest);
        constraints.accept = grant.accept.clone().within(&constraints.accept);
        self
    }

    /// Its name, unique on its page.
    pub fn name(&self) -> &SlotName {
        &self.name
    }

    /// Its limits.
    pub fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// When bytes are sent.
    pub fn start(&self) -> Start {
        self.start
    }

    /// What becomes of pages and scripts.
    pub fn active_content(&self) -> ActiveContent {
        self.active_content
    }

    /// How many bytes a client should send at once.
    pub fn chunk_size(&self) -> u32 {
        self.chunk_size
    }

    /// Which digest its files get.
    pub fn digest(&self) -> DigestKind {
        self.digest
    }

    /// What one caller may have in it.
    pub fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Whether a file may be registered beside what is there, and under which safe name.
    ///
    /// What can't be mended by choosing a smaller or fewer files is said first: the name, the kind,
    /// active content, then size, number and total.
    ///
    /// # Errors
    /// `empty_name`, `invalid_name`, `not_accepted`, `active_content`, `too_large`, `too_small`,
    /// `too_many_files`, `total_too_large`.
    pub fn admit(&self, existing: &Usage, facts: &ClientFacts) -> Result<FileName, Rejection> {
        let name = FileName::sanitise(&facts.client_name)?;
        self.constraints.check_kind(&name, facts)?;
        if self.active_content == ActiveContent::Refuse && claims_active_content(&name, facts) {
            return Err(Rejection::new(Code::ActiveContent));
        }
        self.constraints.check_amount(existing, facts)?;
        Ok(name)
    }
}

fn claims_active_content(name: &FileName, facts: &ClientFacts) -> bool {
    name.extension().is_some_and(is_active_extension)
        || facts.client_type.as_deref().is_some_and(is_active_type)
}

#[cfg(test)]
mod tests;
