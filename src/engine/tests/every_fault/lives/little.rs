//! The lives of little files, whose rows wait for what their applications do with them.

use super::super::super::*;
use super::{Client, Told};

impl Client<'_> {
    /// As [`Self::finish`], of a little file that its application is offered before anybody is told of it.
    async fn finish_to_offer(&self, lease: Lease) -> Result<(), UploadError> {
        let id = lease.id();
        let finished = lease.finish_to_offer().await.map(drop);
        self.tell(id, if finished.is_ok() { Told::Nothing } else { Told::Failed });
        finished
    }

    /// A little file, up to where its application is offered it.
    async fn upload_to_offer(&self) -> Result<EntryId, UploadError> {
        let id = self.register(9_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 9_000).await?;
        self.finish_to_offer(lease).await?;
        Ok(id)
    }

    /// What is told when its application has had its say.
    async fn record_entry(&self, id: EntryId) -> Result<(), UploadError> {
        let recorded = self.engine.record_entry(id).await;
        self.tell(id, if recorded.is_ok() { Told::Complete } else { Told::Failed });
        if recorded.is_err() {
            self.ask(id).await;
        }
        recorded
    }

    /// A little file of a live page, which its application keeps when it is offered it.
    pub(super) async fn offered(&self) -> Result<(), UploadError> {
        let id = self.upload_to_offer().await?;
        self.consume(id, Keep::Yes).await
    }

    /// The same; its application takes it later.
    pub(super) async fn offered_and_waits(&self) -> Result<(), UploadError> {
        let id = self.upload_to_offer().await?;
        self.record_entry(id).await?;
        self.consume(id, Keep::Yes).await
    }

    pub(super) async fn offered_and_taken(&self) -> Result<(), UploadError> {
        let id = self.upload_to_offer().await?;
        self.consume(id, Keep::No).await
    }

    /// Its page comes back, and is told of it, while its application is still being offered it.
    pub(super) async fn offered_twice(&self) -> Result<(), UploadError> {
        let id = self.upload_to_offer().await?;
        let reference = self.engine.own(id, &self.to.caller).await?.reference;
        match self.engine.adopt(&self.to, id, reference).await {
            Ok(entry) => assert!(entry.done()),
            Err(error) => {
                self.tell(id, Told::Nothing);
                return Err(error);
            }
        }
        self.tell(id, Told::Complete);
        self.consume(id, Keep::Yes).await
    }

    /// A request begins an upload and brings all of it.
    pub(super) async fn brought(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.offer(9_000, Some(9_000), EntryKind::File, Some(9_000)).await?;
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 9_000).await?;
        client.finish_to_offer(lease).await?;
        client.consume(id, Keep::Yes).await
    }

    /// A request begins an upload, is cut off, and what it has brought is gone on with.
    pub(super) async fn brought_in_part(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.offer(9_000, Some(9_000), EntryKind::File, Some(9_000)).await?;
        assert!(self.world.row(id).is_none(), "nobody can come back for it yet");
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 4_000).await?;
        lease.release().await?;
        assert_eq!(self.world.row(id).unwrap().offset, 4_000, "and now somebody can");
        assert_eq!(client.take_up(id).await?, 4_000);
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 9_000).await?;
        client.finish_to_offer(lease).await?;
        client.consume(id, Keep::Yes).await
    }
}
