//! The page `/desk/claim`: photos and logs are taken as they come, a statement when it is saved.

use longshore::{
    Consumed, Context, Entry, EntryId, Event, GB, MB, Rejection, SlotOptions, UploadError,
    UploadSession, View, ViewError,
};
use serde::Deserialize;

use crate::{Desk, Kind, Packed, Row};

/// The page, mounted for one visitor.
#[derive(Debug)]
pub(crate) struct ClaimPage {
    desk: Desk,
}

/// What comes with "save".
#[derive(Deserialize)]
struct Save {
    claim: String,
}

/// What comes with "cancel".
#[derive(Deserialize)]
struct Cancel {
    slot: String,
    #[serde(rename = "ref")]
    reference: String,
}

/// What comes with "delete".
#[derive(Deserialize)]
struct Delete {
    id: EntryId,
}

impl View for ClaimPage {
    fn template(&self) -> &str {
        "claim.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let evidence =
            SlotOptions::new().accept(".jpg,.jpeg,.png").max_entries(20).max_file_size(10 * MB);
        let statement = SlotOptions::new()
            .accept(".pdf,.txt")
            .manual()
            .validate(async |entry| named_after_a_claim(&entry));
        let archive = self.desk.archive.clone();
        let log = SlotOptions::new()
            .accept(".log,.csv")
            .max_file_size(GB)
            .writer(move |entry| archive.packer(entry));
        session.allow_upload("evidence", evidence)?;
        session.allow_upload("statement", statement)?;
        session.allow_upload("log", log)?;
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if !entry.done() {
            return Ok(());
        }
        match entry.slot.as_str() {
            "evidence" => self.take_evidence(entry, session).await?,
            "log" => self.take_log(entry, session).await?,
            _ => {} // A statement waits for "save".
        }
        session.push_region("results");
        Ok(())
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "add" => {} // A form without JavaScript; its files were taken one by one.
            "save" => self.save(event.parse()?, session).await?,
            "cancel" => {
                let Cancel { slot, reference } = event.parse()?;
                session.cancel_upload(&slot, &reference).await?;
            }
            "delete" => self.delete(event.parse()?, session).await?,
            other => return Err(ViewError::unknown_event(other)),
        }
        session.push_region("results");
        Ok(())
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        context.insert("results", &self.desk.results.of(session.caller().owner()));
        Ok(())
    }
}

impl ClaimPage {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk }
    }

    async fn take_evidence(&self, entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        session
            .consume_uploaded_entry(entry, async |file, entry| {
                file.keep();
                self.note(entry, Kind::Evidence { url: file.get_upload_url() }).await?;
                Ok(Consumed::Done(()))
            })
            .await
    }

    async fn take_log(&self, entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        session
            .consume_uploaded_entry(entry, async |_, entry| {
                let result = entry.writer_result.clone().unwrap_or_default();
                let Packed { packed } =
                    serde_json::from_value(result).map_err(ViewError::failed)?;
                self.note(entry, Kind::Log { packed }).await?;
                Ok(Consumed::Done(()))
            })
            .await
    }

    async fn save(&self, save: Save, session: &UploadSession) -> Result<(), ViewError> {
        let claim = save.claim.trim();
        if !is_claim(claim) {
            return Err(Rejection::because("Give the number of the claim, such as CL-1042.").into());
        }
        let saved = session.consume_uploaded_entries("statement", async |file, entry| {
            file.keep();
            let (url, claim) = (file.get_upload_url(), claim.to_owned());
            self.note(entry, Kind::Statement { url, claim }).await?;
            Ok::<_, ViewError>(Consumed::Done(()))
        });
        if saved.await?.is_empty() {
            return Err(Rejection::because("Choose a statement first.").into());
        }
        Ok(())
    }

    async fn delete(&self, delete: Delete, session: &UploadSession) -> Result<(), ViewError> {
        let rows = self.desk.results.of(session.caller().owner());
        // What is not the visitor's is treated as what is not there.
        let Some(row) = rows.iter().find(|row| row.id == delete.id) else { return Ok(()) };
        // The file first: a row that stays behind can be deleted once more.
        if matches!(row.kind, Kind::Log { .. }) {
            self.desk.archive.remove(row.id).await.map_err(ViewError::failed)?;
        } else {
            match session.delete_file(row.id).await {
                Ok(_) | Err(UploadError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.desk.results.remove(row.id).await.map_err(ViewError::failed)
    }

    async fn note(&self, entry: &Entry, kind: Kind) -> Result<(), ViewError> {
        let (id, owner, size) = (entry.id, entry.owner, entry.offset);
        let row = Row { id, owner, name: entry.name.to_string(), size, kind };
        self.desk.results.add(row).await.map_err(ViewError::failed)
    }
}

fn named_after_a_claim(entry: &Entry) -> Result<(), Rejection> {
    let stem = entry.name.as_str().split('.').next().unwrap_or_default();
    if is_claim(stem) {
        return Ok(());
    }
    Err(Rejection::because("Call the file after its claim, such as CL-1042.pdf."))
}

fn is_claim(text: &str) -> bool {
    text.strip_prefix("CL-").is_some_and(|number| {
        !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
    })
}
