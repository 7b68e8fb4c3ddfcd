//! `/documents`: papers that are gathered, looked over and sent together.

use super::listing::{delete, list};
use crate::{Context, Entry, Event, MB, SlotOptions, UploadSession, View, ViewError};

const SLOT: &str = "documents";

#[derive(Debug)]
pub(super) struct Documents;

impl View for Documents {
    fn template(&self) -> &str {
        "documents.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let options = SlotOptions::new()
            .accept(".pdf,.doc,.docx,.txt")
            .max_entries(10)
            .max_file_size(25 * MB)
            .manual();
        Ok(session.allow_upload(SLOT, options)?)
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "save" => {
                session.keep_uploaded_entries(SLOT).await?;
            }
            "delete" => delete(event, session).await?,
            other => return Err(ViewError::unknown_event(other)),
        }
        session.push_region("list");
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
