//! What every door wants of its peers, whatever it is a door for: that they go on. `Incoming` is a body that
//! has to go on arriving; the other two are middleware, for answers that have to be read and for connections
//! that have to be used. The times are the supervisor's (`supervisor/patience.rs`).

mod connections;
mod ear;
mod incoming;
mod line;
mod metered;
mod outgoing;
mod resting;

pub(in crate::transport) use self::connections::{peer_of, welcome};
pub(in crate::transport) use self::ear::Ear;
pub(in crate::transport) use self::incoming::{Incoming, broken};
pub(in crate::transport) use self::line::{is_https, tcp};
pub(in crate::transport) use self::metered::Metered;
pub(in crate::transport) use self::outgoing::watch as watch_answers;
pub(in crate::transport) use self::resting::Rests;
pub(crate) use self::resting::watch as watch_rests;
