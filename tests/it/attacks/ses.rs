//! SES: whose uploads these are, whoever asks by whatever door, and from whichever page.

/// Bodies, tokens and pages of other sites.
mod cross_site;
/// Every verb of every door, on what is somebody else's.
mod matrix;
/// Proofs that are wrong, old, or of something else.
mod proofs;
/// What may be done with what is one's own, and when that changes.
mod rights;
