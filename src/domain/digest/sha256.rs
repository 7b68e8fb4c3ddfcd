//! `Sha256Digest`: the SHA-256 of a file's bytes.
//!
//! It is claimed by clients, computed by the engine, kept in rows and shown in JSON; a raw string
//! would be compared in the wrong case sooner or later.

use super::hex::hex_digest;

hex_digest! {
    /// A SHA-256. Written as 64 lower-case hexadecimal digits, read in either case.
    Sha256Digest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::DigestError;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn either_case_is_read_and_lower_case_is_written() {
        let digest: Sha256Digest = EMPTY.to_uppercase().parse().unwrap();
        assert_eq!(digest.to_string(), EMPTY);
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{EMPTY}\""));
    }

    #[test]
    fn anything_but_64_hex_digits_is_refused() {
        let long = format!("{EMPTY}0");
        for text in ["", &EMPTY[1..], &long, &EMPTY.replace('e', "g"), &"é".repeat(32)] {
            assert_eq!(text.parse::<Sha256Digest>(), Err(DigestError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(bytes: [u8; 32]) {
            let digest = Sha256Digest::from_bytes(bytes);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        }
    }
}
