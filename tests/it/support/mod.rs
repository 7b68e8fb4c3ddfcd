//! What is only ours: the pages and slots under test, the doors, and what must hold at the end of each test. The
//! server and its clients are those that applications get: [`longshore::testing`].

pub(crate) mod app;
pub(crate) mod doors;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod opcodes;
pub(crate) mod pages;
pub(crate) mod receiver;
pub(crate) mod tus;

pub(crate) use app::TestApp;
pub(crate) use live::OthersGoOn;
pub(crate) use longshore::testing::{Answer, Form, LivePage, Upload, Visitor};
