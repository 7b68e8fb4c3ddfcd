//! Offering again: complete entries that an earlier process did not live to see consumed.
//!
//! An application's handler may have been cut off anywhere. What it did not finish is offered once more, to its
//! page mounted afresh, whether the visitor comes back or not: a consumer sees each file at least once, and knows
//! it again by the entry's id. Files that wait for their form stay for their visitor.

use std::collections::BTreeMap;

use super::{Mount, Uploads};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Caller, Entry, SessionId, Start};
use crate::engine::{Causes, UploadError};
use crate::view::ViewError;

/// As many entries as one look takes.
const ROUND: u32 = 500;

impl Uploads {
    /// Offers what the catalogue remembers as complete and nobody has consumed.
    pub(super) async fn offer_again(self) {
        let mut query = Query::new(Wanted::Unconsumed, ROUND);
        loop {
            let rows = match self.0.engine.list(&query).await {
                Ok(rows) => rows,
                Err(error) => {
                    return tracing::error!(error = %Causes(&error), "complete entries not offered again");
                }
            };
            let Some(last) = rows.last() else { return };
            query.cursor = Some(last.id);
            let mut sessions: BTreeMap<SessionId, Vec<Entry>> = BTreeMap::new();
            for row in rows {
                sessions.entry(row.session).or_default().push(row);
            }
            for (session, entries) in sessions {
                if let Err(error) = self.offer_session(session, entries).await {
                    let error = Causes(&error);
                    tracing::warn!(session.id = %session, %error, "complete entries not offered again");
                }
            }
        }
    }

    async fn offer_session(
        &self,
        session: SessionId,
        entries: Vec<Entry>,
    ) -> Result<(), ViewError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let (page, caller) = (first.page.clone(), Caller::new(first.owner));
        let (mounted, _guard) = self.mount_session(session, &page, caller, Mount::Live).await?;
        for entry in entries {
            let slot = mounted.session.slot(entry.slot.as_str());
            if slot.is_none_or(|slot| slot.start() == Start::Manual) {
                continue;
            }
            match mounted.session.adopt_resting(&entry).await {
                // An error is the application's word on the file, and ends it.
                Ok(entry) => drop(mounted.on_progress(&entry).await),
                // Its visitor was faster.
                Err(UploadError::NotFound | UploadError::Superseded | UploadError::Illegal(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
