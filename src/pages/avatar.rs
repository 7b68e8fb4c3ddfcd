//! `/avatar`: one picture, chosen, looked at and saved; a new one replaces the old one.

use super::listing::delete;
use crate::{Context, Entry, Event, MB, SlotOptions, UploadSession, View, ViewError};

const SLOT: &str = "avatar";

#[derive(Debug)]
pub(super) struct Avatar;

impl View for Avatar {
    fn template(&self) -> &str {
        "avatar.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let options = SlotOptions::new().accept(".jpg,.png,.webp").max_file_size(5 * MB).manual();
        Ok(session.allow_upload(SLOT, options)?)
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "save" => {
                let before = session.stored_files(SLOT, 100).await?;
                // ORDER: the old picture goes when the new one is stored, never before.
                if !session.keep_uploaded_entries(SLOT).await?.is_empty() {
                    for old in before {
                        session.delete_file(old.id).await?;
                    }
                }
            }
            "delete" => delete(event, session).await?,
            other => return Err(ViewError::unknown_event(other)),
        }
        session.push_region("current");
        Ok(())
    }

    async fn on_elsewhere(&mut self, _: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        session.push_region("current");
        Ok(())
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        let avatar = session.stored_files(SLOT, 1).await?;
        context.insert("avatar", &avatar.first().map(|file| session.facts(file)));
        Ok(())
    }
}
