//! What the tests stand on: a real server, and clients that speak each door's language.

pub(crate) mod app;
pub(crate) mod doors;
pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod http;
pub(crate) mod live;
pub(crate) mod pages;
pub(crate) mod raw;
pub(crate) mod wait;

pub(crate) use app::TestApp;
pub(crate) use form::Form;
pub(crate) use http::{Answer, Visitor};
pub(crate) use live::LivePage;
