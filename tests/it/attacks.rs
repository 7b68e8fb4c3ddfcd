//! What hostile clients send, each through every door by which it can come. `docs/attacks.md` lists the attacks with their
//! outcome; a test's name begins with the id of its row there.
//!
//! A test begins with a [`Target`](oracle::Target) and ends it: then nothing has strayed, the server is alive, every
//! file is what its row says, nothing is left behind, and the log holds no forged line.

pub(crate) mod oracle;
mod table;

mod bom;
mod fsr;
mod mpt;
mod nam;
mod out;
mod polyglots;
mod res;
mod scanners;
mod ses;
mod siz;
mod smg;
mod tus;
mod typ;
mod wsp;
mod xss;
