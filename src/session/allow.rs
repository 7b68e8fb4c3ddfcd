//! Declaring slots: `allow_upload` and `disallow_upload`.

use std::sync::Arc;

use thiserror::Error;

use super::UploadSession;
use crate::domain::{Slot, SlotError, SlotOptions};

/// A mistake of the developer who declares a slot: what was given, and what is allowed.
#[derive(Debug, Error)]
pub enum AllowError {
    /// The declaration itself is wrong.
    #[error(transparent)]
    Declaration(#[from] SlotError),
    /// The session has a slot of this name.
    #[error("slot `{0}` is declared already; disallow it first")]
    Twice(String),
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
    /// [`AllowError`] for a wrong declaration and for a name that is taken.
    pub fn allow_upload(&self, name: &str, options: SlotOptions) -> Result<(), AllowError> {
        let slot = Slot::declare(name, options)?;
        let mut slots = self.slots_mut();
        if slots.iter().any(|known| known.name() == slot.name()) {
            return Err(AllowError::Twice(name.to_owned()));
        }
        slots.push(Arc::new(slot));
        Ok(())
    }

    /// Takes a slot back. Its entries must have been consumed or cancelled before, because they would be
    /// lost with it.
    ///
    /// # Errors
    /// [`AllowError::Unknown`], [`AllowError::Active`].
    pub fn disallow_upload(&self, name: &str) -> Result<(), AllowError> {
        let (complete, open) = self.uploaded_entries(name);
        if !complete.is_empty() || !open.is_empty() {
            return Err(AllowError::Active(name.to_owned()));
        }
        let mut slots = self.slots_mut();
        let known = || slots.iter().map(|slot| slot.name().to_string()).collect();
        let Some(index) = slots.iter().position(|slot| slot.name().as_str() == name) else {
            return Err(AllowError::Unknown { name: name.to_owned(), known: known() });
        };
        slots.remove(index);
        Ok(())
    }
}
