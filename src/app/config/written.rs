//! Values as a TOML file has them, which is not how Rust shows them: TOML knows other escapes.

use std::path::Path;

use toml::Value;

pub(super) fn text(text: &str) -> Value {
    Value::from(text)
}

pub(super) fn path(path: &Path) -> Value {
    text(&path.to_string_lossy())
}

pub(super) fn list(texts: &[String]) -> Value {
    Value::from(texts.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rust_would_escape_otherwise_is_read_as_it_was() {
        for odd in ["./d\"\u{c}", "\u{0}", "\u{7f}", "a\\b", "'", "'\"", "\r\n", "\u{202e}", "ü"] {
            let line = format!("a = {}\nb = {}", text(odd), list(&[odd.to_owned()]));
            let read: toml::Table = line.parse().unwrap();
            assert_eq!(read["a"].as_str(), Some(odd), "{line}");
            assert_eq!(read["b"][0].as_str(), Some(odd), "{line}");
        }
    }
}
