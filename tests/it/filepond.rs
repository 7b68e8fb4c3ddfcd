//! FilePond: its server protocol, request by request.

/// The parent form, which names what was uploaded before it.
mod forms;
/// Requests that FilePond never sends.
mod odd;
/// Files in chunks, trap by trap.
mod patched;
/// A client that speaks as FilePond does.
pub(crate) mod pond;
/// Files that come whole, and what is done with them then.
mod whole;
