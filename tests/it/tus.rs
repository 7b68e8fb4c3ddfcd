//! tus 1.0.0, rule by rule. Each test names the rules that it holds (`docs/protocols.md` has the table): `C-` is the
//! core protocol, `CR-` creation, `CD-` a length that comes later, `CU-` creation with bytes, `EX-` expiration,
//! `CK-` checksums, `TE-` termination, `CO-` concatenation, `MI-` the rest.
//!
//! "U" in these is an upload of a hundred bytes; that something is unchanged is what the next HEAD says.

mod append;
mod bodies;
mod checksums;
mod concat;
mod conflicts;
mod creating;
mod creating_with_bytes;
mod cross_origin;
mod deferred;
mod deleting;
mod docs;
mod expiring;
mod heads;
mod latecomers;
mod metadata;
mod methods;
mod other_doors;
mod paths;
mod refused;
mod versions;
