//! Uploads that came before their form, which names them by their ids: FilePond's hidden fields.
//!
//! To the page it is all one form: what a claim names is saved by the form's event as if it had come with the form, or
//! has been stored already and is answered for. A claim is worth what its sender is: an id of somebody else's upload is
//! as unknown as one that never was.

use std::collections::BTreeSet;

use super::receive::bare;
use crate::domain::{Code, Entry, EntryKind, EntryRef, EntryState, Rejection};
use crate::mounted::Mounted;
use crate::transport::answer::log;
use crate::transport::handle::Handle;
use crate::transport::intake::Receipt;
use crate::uploads::UploadError;

/// What FilePond's fields are called unless the page says otherwise.
const FILEPOND: &str = "filepond";

/// The claims of a form, in their order.
#[derive(Debug, Default)]
pub(super) struct Claims(Vec<Claim>);

#[derive(Debug)]
struct Claim {
    /// The slot after which its field is named.
    slot: Option<String>,
    handle: Handle,
}

/// Which claims a text field makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// On uploads of this slot.
    Slot(String),
    /// On uploads of any slot of the page.
    Any,
}

impl Field {
    /// What a field's name says, if it is one for claims.
    pub(super) fn of(name: &str, mounted: &Mounted) -> Option<Self> {
        let name = bare(name);
        if mounted.session.slot(name).is_some() {
            return Some(Self::Slot(name.to_owned()));
        }
        (name == FILEPOND).then_some(Self::Any)
    }
}

impl Claims {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what a field claims. FilePond sends an empty one where no file was chosen.
    ///
    /// # Errors
    /// `unknown_entry` for a text that is no id; `empty_name` if its field is one for files, because then it is
    /// rather a file whose sender forgot its name.
    pub(super) fn add(&mut self, field: Field, text: &str) -> Result<(), Rejection> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let Some(handles) = Handle::read(text.trim()) else {
            return Err(Rejection::new(match field {
                Field::Slot(_) => Code::EmptyName,
                Field::Any => Code::UnknownEntry,
            }));
        };
        let slot = match field {
            Field::Slot(slot) => Some(slot),
            Field::Any => None,
        };
        self.0.extend(handles.into_iter().map(|handle| Claim { slot: slot.clone(), handle }));
        Ok(())
    }

    /// Makes what is claimed part of the form. Called when the form was read to its end and may be trusted.
    pub(super) async fn settle(self, mounted: &Mounted, receipt: &mut Receipt) {
        let mut known = BTreeSet::new();
        for claim in self.0 {
            // A form that is sent twice, or names a file twice, is about one file.
            if !known.insert(claim.handle.id) {
                continue;
            }
            match claim.take(mounted).await {
                Ok(entry) => receipt.complete.push(entry),
                Err(error) => {
                    if error.is_ours() {
                        log(&error);
                    }
                    receipt.refuse(&claim.handle.id.to_string(), error.rejection());
                }
            }
        }
    }
}

impl Claim {
    async fn take(&self, mounted: &Mounted) -> Result<Entry, UploadError> {
        let (session, id) = (&mounted.session, self.handle.id);
        let entry = session.entry(id).await?;
        let here = entry.page == *session.page()
            && self.slot.as_deref().is_none_or(|slot| entry.slot.as_str() == slot);
        if !here || entry.kind == EntryKind::Piece {
            return Err(UploadError::NotFound);
        }
        match entry.state() {
            EntryState::Complete => {
                let reference = EntryRef::try_from(id.to_string().as_str());
                let reference = reference.map_err(|_| Rejection::new(Code::InvalidMessage))?;
                session.adopt(&entry, reference).await
            }
            EntryState::Consumed => Ok(entry),
            EntryState::Failed(rejection) => Err(rejection.clone().into()),
            _ => Err(Rejection::new(Code::UnknownEntry)
                .with_message("This upload isn't complete. Wait for it, or choose the file again.")
                .into()),
        }
    }
}
