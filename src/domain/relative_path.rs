//! `RelativePath`: where a file lay inside the folder that was chosen.
//!
//! Browsers send it with folder uploads so that the tree can be shown and rebuilt. A path that
//! climbs, that is absolute or absurdly deep isn't mended but refused: no honest client sends one.
//!
//! INVARIANT: 1 to 32 components joined by `/`, each a [`FileName`], at most 1,024 bytes.

use std::{fmt, sync::Arc};

use crate::domain::{Code, FileName, Rejection, text_form::serialize_as_text};

const DEEPEST: usize = 32;
const LONGEST: usize = 1_024;

/// A safe path such as `holiday/day 1/a.jpg`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(Arc<str>);

impl RelativePath {
    /// Makes a safe path of what a client sent. Backslashes separate too.
    ///
    /// # Errors
    /// `invalid_name` for an empty or absolute path, a drive, an empty, `.` or `..` component, NUL,
    /// or a path that is too deep or too long.
    pub fn sanitise(raw: &str) -> Result<Self, Rejection> {
        let refused = || Rejection::new(Code::InvalidName);
        let is_drive = matches!(raw.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        // A component can shrink, but not this much: no honest path needs it.
        if is_drive || raw.len() > 16 * LONGEST {
            return Err(refused());
        }
        let mut path = String::new();
        for (depth, component) in raw.split(['/', '\\']).enumerate() {
            let name = FileName::sanitise(component).map_err(|_| refused())?;
            if depth > 0 {
                path.push('/');
            }
            path.push_str(name.as_str());
            if depth >= DEEPEST || path.len() > LONGEST {
                return Err(refused());
            }
        }
        Ok(Self(path.into()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

serialize_as_text!(RelativePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_folder_is_kept() {
        for (raw, path) in [
            ("a.jpg", "a.jpg"),
            ("holiday/day 1/a.jpg", "holiday/day 1/a.jpg"),
            (r"holiday\a.jpg", "holiday/a.jpg"),
            (".git/config", "git/config"),
            ("aux/nul.txt", "_aux/_nul.txt"),
        ] {
            assert_eq!(RelativePath::sanitise(raw).unwrap().as_str(), path);
        }
    }

    #[test]
    fn a_path_that_no_honest_client_sends_is_refused() {
        let deep = format!("{}x", "d/".repeat(1_000));
        let long = ["a".repeat(200).as_str(); 6].join("/");
        let huge = "a".repeat(65_536);
        for raw in [
            "",
            "/etc/passwd",
            "a//b",
            "a/",
            "a/../../b.txt",
            "..",
            "./a",
            r"..\a",
            "C:/x",
            "C:x",
            r"\\srv\x",
            "a/b\0c",
            &deep,
            &long,
            &huge,
        ] {
            assert_eq!(
                RelativePath::sanitise(raw).unwrap_err().code(),
                Code::InvalidName,
                "{raw:.40}"
            );
        }
    }

    #[test]
    fn the_deepest_path_is_just_accepted() {
        let path = |depth: usize| vec!["d"; depth].join("/");
        assert!(RelativePath::sanitise(&path(32)).is_ok());
        assert!(RelativePath::sanitise(&path(33)).is_err());
    }
}
