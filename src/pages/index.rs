//! `/`: what there is to see.

use crate::{UploadSession, View, ViewError};

#[derive(Debug)]
pub(super) struct Index;

impl View for Index {
    fn template(&self) -> &str {
        "index.html"
    }

    async fn mount(&mut self, _: &UploadSession) -> Result<(), ViewError> {
        Ok(())
    }
}
