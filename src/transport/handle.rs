//! Handles: an upload's id as a text that a client keeps and shows again.
//!
//! FilePond knows an upload by whatever text we answered, and so does the form that names it later. For whoever is
//! known by a cookie that text is the id, and the cookie says whose it is. Others get a pass behind the id, or else
//! nobody could ever go on with what they began. So does a page of another origin, cookie or not: FilePond leaves the
//! cookie out when it asks there how far an upload is.

use super::identity::Visitor;
use crate::domain::{Caller, EntryId};
use crate::uploads::Uploads;

/// As many uploads as one text may name.
const TOGETHER: usize = 1_000;

/// An upload as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handle {
    pub(super) id: EntryId,
    pass: Option<String>,
}

impl Handle {
    /// The text for a visitor's upload; whether a page of another origin asks.
    pub(super) fn text(id: EntryId, visitor: &Visitor, abroad: bool, uploads: &Uploads) -> String {
        match visitor.needs_pass(abroad) {
            true => format!("{id}.{}", uploads.pass(id, &visitor.caller)),
            false => id.to_string(),
        }
    }

    /// The handles of a text: one, or several with commas between them.
    pub(super) fn read(text: &str) -> Option<Vec<Self>> {
        let handles = text.split(',').take(TOGETHER + 1).map(str::trim).map(Self::one);
        let handles = handles.collect::<Option<Vec<_>>>()?;
        (handles.len() <= TOGETHER).then_some(handles)
    }

    fn one(text: &str) -> Option<Self> {
        let (id, pass) = match text.split_once('.') {
            Some((id, pass)) => (id, Some(pass.to_owned())),
            None => (text, None),
        };
        Some(Self { id: id.parse().ok()?, pass })
    }

    /// Whose upload it is, as far as the visitor can show that.
    pub(super) fn caller(&self, visitor: &Visitor, uploads: &Uploads) -> Caller {
        let passed = self.pass.as_deref().and_then(|pass| uploads.passed(self.id, pass));
        passed.unwrap_or_else(|| visitor.caller.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10";

    #[test]
    fn a_text_names_one_upload_or_several() {
        let one = Handle::read(ID).unwrap();
        assert_eq!((one.len(), &one[0].pass), (1, &None));
        let several = Handle::read(&format!("{ID}, {ID}.owner.tag")).unwrap();
        assert_eq!(several[1].pass.as_deref(), Some("owner.tag"));
    }

    #[test]
    fn what_is_no_handle_is_none() {
        let many = vec![ID; 1_001].join(",");
        for text in ["", " ", ",", "x", "x.y.z", &format!("{ID},"), &format!("{ID}\0"), &many] {
            assert_eq!(Handle::read(text), None, "{text}");
        }
    }
}

#[cfg(test)]
mod fuzz;
