//! A claims desk: visitors bring photos of the damage, a signed statement and the log of a device.
//!
//! It is what an application looks like that embeds Longshore. `app` says what it is made of, `desk` is its
//! page, `results` its own store of what came in, `writer` its own place for the bytes of logs.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod app;
mod desk;
mod results;
mod writer;

pub use app::Desk;
pub use results::{Kind, Results, Row};
pub use writer::{Archive, Packed, Packer};
