//! `Upload-Metadata`: what a client says of its file, and what of it means something to us.

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::headers::single;
use super::refusal::Refusal;
use crate::domain::ClientFacts;

/// As long as the whole header may be, in bytes: it is kept with the upload and echoed.
const LONGEST: usize = 8 * 1024;
/// As many keys as it may have.
const MOST: usize = 64;
/// The name of a file whose client says none, as tuspy unless it is told to.
const NAMELESS: &str = "file";
/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands in the header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// As it was sent: HEAD answers it byte for byte.
    pub(super) raw: String,
    pairs: Vec<(String, Vec<u8>)>,
}

/// "Upload-Metadata": pairs of key and value, separated by commas. A key is ASCII, has neither space nor comma, is
/// there and is there once; its value is Base64, or nothing.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Metadata>, Refusal> {
    match single(headers, "upload-metadata")? {
        None | Some("") => Ok(None),
        Some(raw) if raw.len() > LONGEST => Err(Refusal::metadata_too_long(LONGEST)),
        Some(raw) => parse(raw).map(Some).map_err(Refusal::bad),
    }
}

fn parse(raw: &str) -> Result<Metadata, &'static str> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    for pair in raw.split(',') {
        let pair = pair.trim_matches([' ', '\t']);
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("Upload-Metadata has a key that is none.");
        }
        if pairs.iter().any(|(known, _)| known == key) {
            return Err("Upload-Metadata has a key twice.");
        }
        if pairs.len() == MOST {
            return Err("Upload-Metadata has too many keys.");
        }
        let value =
            BASE64.decode(value).map_err(|_| "Upload-Metadata has a value that is not Base64.")?;
        pairs.push((key.to_owned(), value));
    }
    Ok(Metadata { raw: raw.to_owned(), pairs })
}

impl Metadata {
    /// All of it.
    #[cfg(test)]
    pub(super) fn pairs(&self) -> &[(String, Vec<u8>)] {
        &self.pairs
    }

    /// A value as text. The protocol says nothing of its encoding; every client sends UTF-8.
    fn text(&self, keys: [&str; 2]) -> Option<String> {
        let found = keys.iter().find_map(|key| self.pairs.iter().find(|(known, _)| known == key));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    /// As `text`; Uppy writes what it doesn't know as the words for nothing.
    fn said(&self, keys: [&str; 2]) -> Option<String> {
        self.text(keys).filter(|text| !["", "null", "undefined"].contains(&text.as_str()))
    }
}

/// What is claimed of a file. The protocol fixes no keys; these are those that clients use. A client that says no
/// name at all has no other way in, so its file gets one; an empty name is a name that is refused.
pub(super) fn facts(metadata: Option<&Metadata>, length: Option<u64>) -> ClientFacts {
    let nameless = ClientFacts {
        client_name: NAMELESS.to_owned(),
        client_size: length,
        ..ClientFacts::default()
    };
    let Some(metadata) = metadata else { return nameless };
    let modified = metadata.text(["lastModified", "last_modified"]);
    ClientFacts {
        client_name: metadata.text(["filename", "name"]).unwrap_or(nameless.client_name),
        client_type: metadata.said(["filetype", "type"]),
        client_relative_path: metadata.said(["relativePath", "relative_path"]),
        client_last_modified: modified.and_then(|text| text.parse().ok()),
        ..nameless
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    fn of(value: &str) -> Result<Option<Metadata>, Refusal> {
        read(&headers(&[("upload-metadata", value)]))
    }

    fn base64(text: impl AsRef<[u8]>) -> String {
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    /// CR-10
    #[test]
    fn pairs_are_read_and_kept_as_they_were_sent() {
        let raw = "filename d29ybGQucGRm,is_confidential";
        let metadata = of(raw).unwrap().unwrap();
        assert_eq!(metadata.raw, raw);
        assert_eq!(
            metadata.pairs,
            [
                ("filename".to_owned(), b"world.pdf".to_vec()),
                ("is_confidential".to_owned(), vec![])
            ]
        );
        for fine in ["a YQ==, b Yg==", "a YQ", "a ,b", "a"] {
            assert!(of(fine).unwrap().is_some(), "{fine}");
        }
        assert_eq!(of("").unwrap(), None);
        assert_eq!(read(&headers(&[])).unwrap(), None);
    }

    /// CR-11, CR-13
    #[test]
    fn what_is_broken_is_refused_as_a_whole() {
        let many: Vec<String> = (0..100).map(|n| format!("k{n} YQ==")).collect();
        let (many, vast) = (many.join(","), format!("a {}", "QUFB".repeat(250_000)));
        let long = format!("a {}", "QUFB".repeat(2_048));
        for bad in [
            ",",
            ",,",
            "a YQ==,",
            ",a YQ==",
            "a b YQ==",
            "a YQ==,a Yg==",
            "a !!",
            "a Y",
            "a YQ= =",
            "é YQ==",
            "a YQ==;b Yg==",
            &many,
            &long,
            &vast,
        ] {
            assert!(of(bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
        let twice = [("upload-metadata", "a YQ=="), ("upload-metadata", "b Yg==")];
        assert!(read(&headers(&twice)).is_err());
    }

    #[test]
    fn keys_of_every_client_become_claims() {
        for (pairs, name, kind, path, modified) in [
            (
                &[("filename", "a.txt"), ("filetype", "text/plain")][..],
                "a.txt",
                Some("text/plain"),
                None,
                None,
            ),
            (&[("name", "b.txt"), ("type", "text/plain")], "b.txt", Some("text/plain"), None, None),
            (&[("name", "no"), ("filename", "yes")], "yes", None, None, None),
            (&[("filename", "")], "", None, None, None),
            (&[("other", "x")], "file", None, None, None),
            (
                &[("name", "c"), ("relativePath", "d/c"), ("lastModified", "1700000000000")],
                "c",
                None,
                Some("d/c"),
                Some(1_700_000_000_000),
            ),
            (
                &[("relativePath", "null"), ("type", ""), ("lastModified", "now")],
                "file",
                None,
                None,
                None,
            ),
        ] {
            let raw: Vec<_> =
                pairs.iter().map(|(key, value)| format!("{key} {}", base64(value))).collect();
            let metadata = of(&raw.join(",")).unwrap();
            let facts = facts(metadata.as_ref(), Some(7));
            assert_eq!(facts.client_name, name, "{pairs:?}");
            assert_eq!(facts.client_type.as_deref(), kind, "{pairs:?}");
            assert_eq!(facts.client_relative_path.as_deref(), path, "{pairs:?}");
            assert_eq!((facts.client_last_modified, facts.client_size), (modified, Some(7)));
        }
        assert_eq!(facts(None, None).client_name, "file");
    }

    /// CR-12
    #[test]
    fn bytes_that_are_no_text_break_nothing() {
        for bytes in [&b"\r\nSet-Cookie: a=b"[..], b"\0", b"\xff\xfe"] {
            let metadata = of(&format!("filename {}", base64(bytes))).unwrap();
            assert!(!facts(metadata.as_ref(), None).client_name.is_empty());
        }
    }
}
