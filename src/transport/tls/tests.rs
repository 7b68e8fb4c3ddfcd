use std::process::Command;

use super::*;

/// A folder with the chains and keys of two servers, made by OpenSSL.
fn pairs() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-noenc", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
            .arg(place.path().join(format!("{name}.key")))
            .arg("-out")
            .arg(place.path().join(format!("{name}.pem")))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    place
}

fn shown(certificate: &Certificate) -> Vec<u8> {
    let now = certificate.0.now.read().unwrap();
    now.pair.cert[0].to_vec()
}

#[test]
fn what_is_wrong_is_told_with_the_file_and_without_the_key() {
    let place = pairs();
    let at = |name: &str| place.path().join(name);
    let key = fs::read_to_string(at("one.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("torn.key"), &key[..key.len() - 30]).unwrap();
    fs::write(at("typo.key"), key.replace(secret, &secret.replace('A', "*"))).unwrap();
    fs::write(at("locked.key"), key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")).unwrap();
    for (chain, key, says) in [
        ("none.pem", "one.key", "none.pem"),
        ("one.pem", "none.key", "none.key"),
        ("empty", "one.key", "BEGIN CERTIFICATE"),
        ("one.pem", "empty", "BEGIN PRIVATE KEY"),
        ("one.key", "one.pem", "BEGIN CERTIFICATE"),
        ("one.pem", "torn.key", "torn.key"),
        ("one.pem", "locked.key", "locked.key"),
        ("one.pem", "two.key", "is not the certificate of the key"),
    ] {
        let error = Certificate::read(at(chain), at(key)).unwrap_err();
        let told = format!("{} {error:?}", crate::uploads::Causes(&error));
        assert!(told.contains(says), "{chain}, {key}: {told}");
        assert!(!told.contains(&secret[..20]), "{told}");
    }
    Certificate::read(at("one.pem"), at("one.key")).unwrap();
}

#[test]
fn a_new_pair_is_shown_when_it_fits_and_not_before() {
    let place = pairs();
    let at = |name: &str| place.path().join(name);
    let [old, new] = ["one.pem", "two.pem"].map(|name| fs::read(at(name)).unwrap());
    assert_ne!(old, new);
    let certificate = Certificate::read(at("one.pem"), at("one.key")).unwrap();
    let before = shown(&certificate);
    assert!(!certificate.has_changed());
    // The program that renews it has written the first of two files.
    fs::copy(at("two.pem"), at("one.pem")).unwrap();
    assert!(certificate.has_changed());
    certificate.read_again().unwrap_err();
    assert_eq!(shown(&certificate), before);
    assert!(!certificate.has_changed(), "it is complained of once");
    fs::copy(at("two.key"), at("one.key")).unwrap();
    assert!(certificate.has_changed());
    certificate.read_again().unwrap();
    assert_ne!(shown(&certificate), before);
}

#[test]
fn only_http_1_and_only_modern_tls_are_offered() {
    let place = pairs();
    let at = |name: &str| place.path().join(name);
    let config = Certificate::read(at("one.pem"), at("one.key")).unwrap().server_config().unwrap();
    assert!(config.alpn_protocols.is_empty(), "actix-web adds http/1.1");
    assert_eq!(config.max_early_data_size, 0, "what is sent early can be sent twice");
}
