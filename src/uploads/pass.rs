//! Passes: how a client without a cookie shows that an upload is its own.
//!
//! tus clients in scripts keep no cookies; each of their requests comes from somebody new. What they do keep is the
//! address that we gave them for their upload. So an upload that began without a cookie gets an address with a pass
//! in it, which says whose it is and proves that we said so. It opens this upload and nothing else. Whoever had a
//! cookie gets no pass: for them an address alone is never enough.

use super::Uploads;
use crate::domain::{Caller, EntryId};

const PURPOSE: &str = "pass";

impl Uploads {
    /// The pass for one upload.
    pub(crate) fn pass(&self, id: EntryId, caller: &Caller) -> String {
        format!("{}.{}", caller.owner(), self.secret().tag(PURPOSE, &claim(id, caller)))
    }

    /// Who a pass for this upload speaks for, if it is ours.
    pub(crate) fn passed(&self, id: EntryId, pass: &str) -> Option<Caller> {
        let (owner, tag) = pass.split_once('.')?;
        let caller = Caller::new(owner.parse().ok()?);
        self.secret().checks(PURPOSE, &claim(id, &caller), tag).then_some(caller)
    }
}

fn claim(id: EntryId, caller: &Caller) -> String {
    format!("{id} {}", caller.owner())
}
