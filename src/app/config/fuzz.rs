//! Configurations with mistakes: understood, or refused by name.

use proptest::prelude::*;

use super::size::size;
use super::{Config, Settings};
use crate::fuzz::{cases, text_like};

const SIZES: &[&str] = &[
    "0",
    "4096",
    "500MB",
    " 256 MiB ",
    "2TiB",
    "1.5GB",
    "99999999999TB",
    "18446744073709551615",
    "1 mb",
];
const FILES: &[&str] = &[
    "bind = \"127.0.0.1:9\"\nsession_grace = \"0s\"\nmin_free = \"1GiB\"\ndev = true",
    "data = \"./d\\u0022\\n\"\ndurability = \"os\"\nlog = \"warn\"",
    "entry_ttl = \"584942417355y\"\nbody_timeout = \"1ns\"\nshutdown_timeout = \"18446744073709551615s\"",
    "workers = 2\nmax_connections = 1000000\nmax_form_parts = 1",
    "allowed_origin = [\"https://app.example\", \"http://[::1]:3000\"]\ntrusted_proxy = [\"10.0.0.0/8\"]",
];

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_size_is_a_number_and_a_unit(text in text_like(SIZES)) {
        let Some(bytes) = size(&text) else { return Ok(()) };
        let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
        let number: u128 = digits.parse().unwrap();
        prop_assert!(number <= u128::from(bytes) && u128::from(bytes) <= number << 40);
        prop_assert_eq!(size(&bytes.to_string()), Some(bytes));
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_file_is_understood_as_it_would_be_printed_or_refused(text in text_like(FILES)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longshore.toml");
        std::fs::write(&path, &text).unwrap();
        let Ok(config) = Config::resolve(Settings::default(), Some(&path)) else { return Ok(()) };
        let printed = config.to_string();
        std::fs::write(&path, &printed).unwrap();
        let again = Config::resolve(Settings::default(), Some(&path));
        let again = again.map(|config| config.to_string()).map_err(|error| error.to_string());
        prop_assert_eq!(again, Ok(printed));
    }
}
