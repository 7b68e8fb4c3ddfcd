//! Parsers alone, for those who measure them: frames through the guard of a live page, and the parts of a form.

pub use crate::transport::{guarded, parts, unmasked};
