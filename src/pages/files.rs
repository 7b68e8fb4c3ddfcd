//! `/files`: anything, in any number, folders too; sent at once.

use super::listing::{delete, list};
use crate::{Context, Entry, Event, GB, SlotOptions, UploadSession, View, ViewError};

const SLOT: &str = "files";

#[derive(Debug)]
pub(super) struct Files;

impl View for Files {
    fn template(&self) -> &str {
        "files.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        // HTML and SVG may be stored here like anything else: they are served as attachments only.
        let options = SlotOptions::new()
            .max_entries(1_000)
            .max_file_size(10 * GB)
            .chunk_size(262_144)
            .kept()
            .allow_active_content();
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
        session.push_region("list");
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() {
            session.push_region("list");
        }
        Ok(())
    }

    async fn on_elsewhere(&mut self, _: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        session.push_region("list");
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
