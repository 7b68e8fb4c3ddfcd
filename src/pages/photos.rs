//! `/photos`: pictures that are sent as soon as they are chosen and appear in the gallery one by one.

use super::listing::{delete, list};
use crate::{Context, Entry, Event, MB, SlotOptions, UploadSession, View, ViewError};

const SLOT: &str = "photos";

#[derive(Debug)]
pub(super) struct Photos;

impl View for Photos {
    fn template(&self) -> &str {
        "photos.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let options = SlotOptions::new()
            .accept(".jpg,.jpeg,.png,.gif,.webp")
            .max_entries(10)
            .max_file_size(10 * MB)
            .kept();
        Ok(session.allow_upload(SLOT, options)?)
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "delete" => delete(event, session).await?,
            // What a plain form says; the files have been kept one by one.
            "save" => {}
            other => return Err(ViewError::unknown_event(other)),
        }
        session.push_region("gallery");
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() {
            session.push_region("gallery");
        }
        Ok(())
    }

    async fn on_elsewhere(&mut self, _: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        session.push_region("gallery");
        Ok(())
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        list(SLOT, session, context).await
    }
}
