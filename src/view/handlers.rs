//! The object-safe face of [`View`], so that pages of different types fit one table.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tera::Context;

use super::{Event, View, ViewError};
use crate::domain::Entry;
use crate::session::UploadSession;

type Handled<'a> = LocalBoxFuture<'a, Result<(), ViewError>>;

pub(crate) trait Handlers {
    fn template(&self) -> &str;
    fn mount<'a>(&'a mut self, session: &'a UploadSession) -> Handled<'a>;
    fn event<'a>(&'a mut self, event: &'a Event, session: &'a UploadSession) -> Handled<'a>;
    fn progress<'a>(&'a mut self, entry: &'a Entry, session: &'a UploadSession) -> Handled<'a>;
    fn elsewhere<'a>(&'a mut self, entry: &'a Entry, session: &'a UploadSession) -> Handled<'a>;
    fn fill<'a>(&'a mut self, session: &'a UploadSession, into: &'a mut Context) -> Handled<'a>;
}

impl<V: View> Handlers for V {
    fn template(&self) -> &str {
        View::template(self)
    }

    fn mount<'a>(&'a mut self, session: &'a UploadSession) -> Handled<'a> {
        View::mount(self, session).boxed_local()
    }

    fn event<'a>(&'a mut self, event: &'a Event, session: &'a UploadSession) -> Handled<'a> {
        self.handle_event(event, session).boxed_local()
    }

    fn progress<'a>(&'a mut self, entry: &'a Entry, session: &'a UploadSession) -> Handled<'a> {
        self.on_progress(entry, session).boxed_local()
    }

    fn elsewhere<'a>(&'a mut self, entry: &'a Entry, session: &'a UploadSession) -> Handled<'a> {
        self.on_elsewhere(entry, session).boxed_local()
    }

    fn fill<'a>(&'a mut self, session: &'a UploadSession, into: &'a mut Context) -> Handled<'a> {
        self.context(session, into).boxed_local()
    }
}
