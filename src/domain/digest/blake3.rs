//! `Blake3Digest`: the BLAKE3 of a file's bytes.
//!
//! No client declares one; the engine computes it, and rows and JSON carry it.

use super::hex::hex_digest;

hex_digest! {
    /// A BLAKE3. Written as 64 lower-case hexadecimal digits, read in either case.
    Blake3Digest
}
