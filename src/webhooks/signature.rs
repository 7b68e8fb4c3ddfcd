//! How a receiver knows that a letter is from us, and new.
//!
//! The signature covers the time at which the letter was sent and its body. Whoever repeats an old letter can't give
//! it a new time; whoever changes a byte can't sign it. The letter's id stands in the body, so it can't be exchanged
//! either. While a secret is exchanged for another, both sign.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `v1=HEX` for each secret, of HMAC-SHA256 over `{timestamp}.{body}`.
pub(super) fn signatures(secrets: &[Vec<u8>], timestamp: i64, body: &str) -> String {
    let all: Vec<String> =
        secrets.iter().map(|secret| signature(secret, timestamp, body)).collect();
    all.join(",")
}

#[allow(clippy::expect_used)] // HMAC takes keys of any length.
fn signature(secret: &[u8], timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length will do");
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let mut text = "v1=".to_owned();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `openssl dgst -sha256 -hmac`.
    #[test]
    fn out_04_a_signature_is_what_another_program_computes() {
        let secret = b"a secret of sixteen bytes or more".to_vec();
        assert_eq!(
            signatures(std::slice::from_ref(&secret), 1_700_000_000, "{\"id\":1}"),
            "v1=8028d91a8de2ef810741137fcc73298afabb0a19ea7edc4cffe53a6dfc59559b"
        );
    }

    #[test]
    fn out_04_time_body_and_secret_all_count() {
        let secret = b"0123456789abcdef".to_vec();
        let one = |secret: &[u8], at, body| signature(secret, at, body);
        let right = one(&secret, 17, "body");
        for other in [
            one(&secret, 18, "body"),
            one(&secret, 1, "7.body"),
            one(&secret, 17, "Body"),
            one(&secret, 17, ""),
            one(b"0123456789abcdee", 17, "body"),
        ] {
            assert_ne!(other, right);
        }
    }

    #[test]
    fn out_04_while_secrets_are_exchanged_both_sign() {
        let (new, old) = (b"the new one, of more".to_vec(), b"the old one, of more".to_vec());
        let both = signatures(&[new.clone(), old.clone()], 5, "x");
        assert_eq!(both, format!("{},{}", signature(&new, 5, "x"), signature(&old, 5, "x")));
    }
}
