//! `longshore.v1`: the messages, and nothing that happens because of them (`docs/wire.md`).

mod client;
mod data;
#[cfg(test)]
mod fuzz;
mod server;
mod strict;

pub(super) use self::client::{ClientMessage, Offer, decode};
pub(super) use self::data::DataFrame;
pub(super) use self::server::{
    Accepted, AdoptedEntry, ErrorFacts, Progress, Refused, ServerMessage, SlotRules,
};

/// The subprotocol that both sides must name.
pub(super) const SUBPROTOCOL: &str = "longshore.v1";
