//! What must hold for a live page after whatever happened to it.

use longshore::testing::{LivePage, Upload, samples};

pub(crate) trait OthersGoOn {
    /// Another file of the same session is not hurt by whatever happened before.
    async fn others_go_on(&mut self);
}

impl OthersGoOn for LivePage {
    async fn others_go_on(&mut self) {
        self.upload("any", Upload::bytes("other.txt", samples::text(50_000))).await;
    }
}
