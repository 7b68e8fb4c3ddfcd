//! Attacks: what a page does that its visitor has tampered with. Each ends with what must be said of it.

use super::{LivePage, PIECE, Rejected, Selected};
use crate::testing::{Upload, samples};

/// Attacks. Whatever they do, the socket stays open and the other files of the session go on.
impl LivePage {
    /// Declares a size and sends a byte more: the file [`fails`](LivePage::fails) with `size_mismatch`.
    pub async fn lie_about_size(&mut self, slot: &str, declared: u64) -> Selected {
        let bytes = samples::text(usize::try_from(declared).unwrap() + 1);
        let upload = Upload::bytes("liar.txt", bytes).claiming("size", declared);
        let file = self.select(slot, upload).await;
        let file = file.unwrap_or_else(|refused| panic!("the lie came to nothing: {refused}"));
        let bytes = file.bytes.as_deref().unwrap_or_default();
        self.data(file.stream, 0, bytes).await;
        file
    }

    /// Declares more than it sends, and goes away without a word: nothing of it may be left.
    pub async fn vanish_halfway(mut self, slot: &str, declared: u64, sent: usize) {
        let upload = Upload::bytes("half.txt", samples::text(sent)).claiming("size", declared);
        let file = self.select(slot, upload).await;
        let file = file.unwrap_or_else(|refused| panic!("nothing to vanish from: {refused}"));
        self.send_all(&file).await;
        if sent > PIECE {
            // The server has it; half a file lies in the spool now.
            self.hear("ack").await;
        }
    }

    /// Sends to a stream that was never given to it: [`error_code`](LivePage::error_code) is `unknown_entry`.
    pub async fn write_into_a_foreign_stream(&mut self, stream: u32) {
        self.data(stream, 0, b"not mine").await;
    }

    /// Sends bytes to a place where the file isn't yet: [`nacked`](LivePage::nacked) with `offset_mismatch`,
    /// and going back mends it.
    pub async fn send_at_a_wrong_offset(&mut self, file: &Selected, offset: u64) {
        self.data(file.stream, offset, b"too early").await;
    }

    /// Sends a byte more than the window allows without waiting, in frames as large as the server takes:
    /// [`nacked`](LivePage::nacked) with `rate_limited`, and going back mends it. The file must be larger than
    /// the window.
    ///
    /// A server that writes fast enough acknowledges meanwhile, and rightly takes it all; with
    /// [`Limits::window`](crate::Limits::window) below [`Limits::max_frame`](crate::Limits::max_frame) it
    /// can't.
    pub async fn flood_beyond_the_window(&mut self, file: &Selected) {
        let number =
            |field: &str| self.welcome[field].as_u64().expect("a welcome: say hello first");
        let bytes = file.bytes.as_deref().expect("a file that was selected");
        let largest = usize::try_from(number("max_frame")).unwrap() - 16;
        let from = usize::try_from(self.sent(file)).unwrap();
        let to = from + usize::try_from(number("window")).unwrap() + 1;
        assert!(to <= bytes.len(), "the file has {} bytes, the flood needs {to}", bytes.len());
        let mut at = from;
        while at < to {
            let end = to.min(at + largest);
            self.data(file.stream, at as u64, &bytes[at..end]).await;
            at = end;
        }
        self.sent.insert(file.stream, to as u64);
    }

    /// Sends a whole file as another type than it is: it [`fails`](LivePage::fails) with `content_mismatch`,
    /// where the slot cares about types.
    ///
    /// # Errors
    /// [`Rejected`], if the slot does not even take the claim.
    pub async fn claim_another_type(
        &mut self,
        slot: &str,
        upload: Upload,
        claimed: &str,
    ) -> Result<Selected, Rejected> {
        let file = self.select(slot, upload.of_type(claimed)).await?;
        self.send_all(&file).await;
        Ok(file)
    }
}
