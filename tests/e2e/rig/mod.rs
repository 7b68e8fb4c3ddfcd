//! What the rigs stand on: clients that want their files stored whatever happens, a world in which it happens, and an
//! audit of what was promised (invariants I1, I2, I5 and I6 of the rigs).
//!
//! A test that breaks a server in one chosen place finds the faults that its author thought of. Here many clients send
//! at once, the blow falls at a random moment, and only the outcome is judged: what was acknowledged is there with the
//! same bytes, nothing else is shown, no offset goes back, nothing is left.

mod audit;
mod chance;
mod contents;
mod crowd;
mod figures;
mod file;
mod form;
mod live;
mod site;
mod steps;
mod tongue;
mod world;

pub(crate) use self::audit::{audit, names};
pub(crate) use self::chance::Chance;
pub(crate) use self::contents::{Contents, sha256};
pub(crate) use self::crowd::Crowd;
pub(crate) use self::figures::{Figures, setting};
pub(crate) use self::file::{End, File};
pub(crate) use self::form::FormClient;
pub(crate) use self::live::LiveClient;
pub(crate) use self::site::{Loss, Site};
pub(crate) use self::steps::StepClient;
pub(crate) use self::tongue::Tongue;
pub(crate) use self::world::World;
