//! Declaring slots: `allow_upload` and `disallow_upload`.

use std::sync::Arc;

use thiserror::Error;

use super::{Declared, SlotOptions, UploadSession};
use crate::checks::{Check, Stage};
use crate::domain::{Slot, SlotError, Start};

/// A mistake of the developer who declares a slot: what was given, and what is allowed.
#[derive(Debug, Error)]
pub enum AllowError {
    /// The declaration itself is wrong.
    #[error(transparent)]
    Declaration(#[from] SlotError),
    /// The session has a slot of this name.
    #[error("slot `{0}` is declared already; disallow it first")]
    Twice(String),
    /// A file can go to one place only.
    #[error("slot `{0}` has {1} writers; one of `writer` and `chunks` is allowed, once")]
    Writers(String, usize),
    /// Bytes that went to a writer can't be read back.
    #[error(
        "slot `{slot}` has a writer and the check `{check}` of complete files; a writer's files can only \
         be checked by their first bytes"
    )]
    Unreadable {
        /// The slot's name.
        slot: String,
        /// The check's name.
        check: &'static str,
    },
    /// Files can't be kept as soon as they are complete.
    #[error("the files of slot `{slot}` can't be kept at once: {why}")]
    Kept {
        /// The slot's name.
        slot: String,
        /// What else becomes of them.
        why: &'static str,
    },
    /// The session has no slot of this name.
    #[error("there is no slot `{name}`; declared are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Files that nobody took over would be lost.
    #[error(
        "slot `{0}` has entries that are neither consumed nor cancelled; consume or cancel them first"
    )]
    Active(String),
}

impl UploadSession {
    /// Declares a slot: what may be uploaded, under a name. Call it in `mount`.
    ///
    /// # Errors
    /// [`AllowError`] for a wrong declaration and for a name that is taken, with what was given and what
    /// is allowed.
    pub fn allow_upload(&self, name: &str, options: SlotOptions) -> Result<(), AllowError> {
        let SlotOptions { declaration, hooks, on_progress, writers, kept } = options;
        let slot = Slot::declare(name, declaration.digest_unless_said(self.0.engine.digest()))?;
        if writers > 1 {
            return Err(AllowError::Writers(name.to_owned(), writers));
        }
        let complete = |check: &&Arc<dyn Check>| check.stage() == Stage::Complete;
        if let (1, Some(check)) = (writers, hooks.checks.iter().find(complete)) {
            return Err(AllowError::Unreadable { slot: name.to_owned(), check: check.name() });
        }
        let elsewhere = [
            (writers > 0, "they go to its writer"),
            (slot.start() == Start::Manual, "they wait for their form"),
        ];
        if let Some((_, why)) = elsewhere.into_iter().find(|(is_so, _)| kept && *is_so) {
            return Err(AllowError::Kept { slot: name.to_owned(), why });
        }
        // Entries of a slot that isn't declared yet were left by an earlier connection, and wait for this.
        if self.declared(name).is_ok() {
            let name = name.to_owned();
            let active = self.is_active(&name);
            return Err(if active { AllowError::Active(name) } else { AllowError::Twice(name) });
        }
        let mut slots = self.slots_mut();
        // Whoever comes with a ticket is told what holds for them, by every door.
        let slot = match self.0.caller.grant() {
            Some(grant) if grant.is_for(&self.0.page, slot.name()) => slot.narrowed(grant),
            _ => slot,
        };
        slots.push(Declared { slot: Arc::new(slot), hooks: Arc::new(hooks), on_progress, kept });
        Ok(())
    }

    /// True if files lie in the slot that nobody took over yet.
    fn is_active(&self, name: &str) -> bool {
        let (complete, open) = self.uploaded_entries(name);
        !complete.is_empty() || !open.is_empty()
    }

    /// Takes a slot back. Its entries must have been consumed or cancelled before, because they would be
    /// lost with it.
    ///
    /// # Errors
    /// [`AllowError::Unknown`], [`AllowError::Active`].
    pub fn disallow_upload(&self, name: &str) -> Result<(), AllowError> {
        if self.is_active(name) {
            return Err(AllowError::Active(name.to_owned()));
        }
        let known = self.slot_names();
        let mut slots = self.slots_mut();
        let Some(index) = slots.iter().position(|known| known.slot.name().as_str() == name) else {
            return Err(AllowError::Unknown { name: name.to_owned(), known });
        };
        slots.remove(index);
        Ok(())
    }
}
