use proptest::prelude::*;

use super::*;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn a_sha_256_is_the_bare_hex_that_rows_have_always_had() {
    let digest: Digest = EMPTY.parse().unwrap();
    assert_eq!(digest.sha256().unwrap().to_string(), EMPTY);
    assert_eq!((digest.to_string().as_str(), digest.blake3()), (EMPTY, None));
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{EMPTY}\""));
}

#[test]
fn a_blake3_says_that_it_is_one() {
    let text = format!("blake3:{EMPTY}");
    let digest: Digest = text.parse().unwrap();
    assert_eq!(digest.blake3().unwrap().to_string(), EMPTY);
    assert_eq!((digest.to_string(), digest.sha256()), (text, None));
    assert_ne!(digest, EMPTY.parse().unwrap());
}

#[test]
fn another_word_before_the_hex_is_no_digest() {
    for prefix in ["sha256:", "BLAKE3:", "blake3", "blake3::", " ", "md5:"] {
        assert_eq!(format!("{prefix}{EMPTY}").parse::<Digest>(), Err(DigestError), "{prefix}");
    }
    assert_eq!("blake3:".parse::<Digest>(), Err(DigestError));
}

#[test]
fn a_kind_is_read_from_the_word_that_it_is_written_as() {
    for kind in DigestKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    for wrong in ["", "SHA256", "sha-256", "md5", "off"] {
        assert_eq!(wrong.parse::<DigestKind>(), Err(DigestKindError), "{wrong}");
    }
    assert_eq!(DigestKind::default(), DigestKind::Sha256);
}

proptest! {
    #[test]
    fn reading_undoes_writing_and_keeps_the_kind(bytes: [u8; 32], is_blake3: bool) {
        let digest = match is_blake3 {
            true => Digest::from(Blake3Digest::from_bytes(bytes)),
            false => Digest::from(Sha256Digest::from_bytes(bytes)),
        };
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(digest.blake3().is_some(), is_blake3);
        prop_assert_eq!(digest.sha256().is_some(), !is_blake3);
    }
}
