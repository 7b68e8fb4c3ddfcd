//! The user's own headers. They are secrets, so no error shows what was given.

use std::fs;

use ureq::http::{HeaderName, HeaderValue};

/// Headers that are ours to say.
const OURS: &[&str] = &[
    "content-length",
    "host",
    "transfer-encoding",
    "tus-resumable",
    "upload-length",
    "upload-offset",
];

/// Reads `Name: value`, or with `@FILE` each line of that file.
///
/// # Errors
/// A sentence for the user, without what was given.
pub(super) fn headers(given: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let mut all = Vec::new();
    for text in given {
        match text.strip_prefix('@') {
            None => all.push(header(text)?),
            Some(path) => {
                let lines = fs::read_to_string(path);
                let lines = lines.map_err(|error| format!("--header @{path}: {error}"))?;
                for line in lines.lines().filter(|line| !line.trim().is_empty()) {
                    all.push(header(line)?);
                }
            }
        }
    }
    Ok(all)
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let shape = "--header has to be `Name: value` or `@FILE`";
    let (name, value) = text.split_once(':').ok_or(shape)?;
    let name: HeaderName = name.trim().parse().map_err(|_| shape)?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| shape)?;
    value.set_sensitive(true);
    if OURS.contains(&name.as_str()) {
        return Err(format!("--header: `{name}` is not yours to say"));
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_from_words_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        fs::write(&file, "X-Two: b: c\n\nX-Three:d\n").unwrap();
        let given = ["X-One:  a ".to_owned(), format!("@{}", file.display())];
        let read = headers(&given).unwrap();
        let pairs: Vec<_> =
            read.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(pairs, [("x-one", "a"), ("x-two", "b: c"), ("x-three", "d")]);
        assert!(!format!("{read:?}").contains("b: c"));
    }

    #[test]
    fn a_wrong_header_is_refused_without_showing_it() {
        for given in ["secret", "sec ret: x", "X: sec\u{7}ret", "Host: secret", "@/nowhere/at/all"]
        {
            let error = headers(&[given.to_owned()]).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
