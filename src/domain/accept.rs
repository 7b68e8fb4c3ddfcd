//! `Accept`: which files a slot takes, written as in HTML's `accept` attribute.
//!
//! The browser's picker only suggests; this list decides. It reads what developers write
//! (`.jpg, image/*`), says it to browsers as an attribute and to people as words.
//!
//! INVARIANT: patterns are lower case, without parameters, each once, in the order of writing.

use std::{fmt, str::FromStr};

use crate::domain::{FileName, MediaType, text_form::text_form, wording::either};

/// An accept list. The default takes any file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    patterns: Vec<Pattern>,
    /// A list that has to take the file, too.
    within: Option<Box<Accept>>,
}

/// By what a file was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The list takes any file.
    Anything,
    /// The name's extension is in the list.
    Extension,
    /// Only the type that the client claims is in the list.
    Type,
}

/// A pattern of an accept list that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an accept pattern: write an extension (.jpg), a type (image/png) or a wildcard (image/*)"
)]
pub struct AcceptError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// With its leading dot.
    Extension(String),
    /// `type/subtype`.
    Exact(String),
    /// `type/`, written `type/*`.
    Family(String),
}

impl Accept {
    /// Takes any file.
    pub fn any() -> Self {
        Self::default()
    }

    /// Reads patterns one by one; empty ones are skipped. No pattern, or `*/*` or `*` among them,
    /// takes any file.
    ///
    /// # Errors
    /// [`AcceptError`] names the first pattern that is neither `.ext`, `type/sub` nor `type/*`.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, AcceptError> {
        let mut accept = Self::any();
        let mut any = false;
        for text in patterns.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            match Pattern::parse(text)? {
                None => any = true,
                Some(pattern) if accept.patterns.contains(&pattern) => {}
                Some(pattern) => accept.patterns.push(pattern),
            }
        }
        Ok(if any { Self::any() } else { accept })
    }

    /// The same of those files that another list takes, too.
    #[must_use]
    pub fn within(mut self, other: &Self) -> Self {
        if self.is_any() {
            return other.clone();
        }
        if !other.is_any() && self != *other {
            let inner = self.within.take().map(|inner| inner.within(other));
            self.within = Some(Box::new(inner.unwrap_or_else(|| other.clone())));
        }
        self
    }

    /// Whether any file is taken.
    pub fn is_any(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The extensions in the list, without their dots, lower case.
    pub fn extensions(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().filter_map(|pattern| match pattern {
            Pattern::Extension(extension) => Some(extension.trim_start_matches('.')),
            Pattern::Exact(_) | Pattern::Family(_) => None,
        })
    }

    /// Whether there are media types in the list.
    pub fn has_types(&self) -> bool {
        self.patterns.iter().any(|pattern| !matches!(pattern, Pattern::Extension(_)))
    }

    /// Whether a file of this name and claimed type is let in, and by what. The name counts first,
    /// because a claim costs nothing.
    pub fn matches(&self, name: &FileName, claimed_type: &str) -> Option<By> {
        if self.is_any() {
            return Some(By::Anything);
        }
        let own = self.own_matches(name, claimed_type)?;
        match self.within.as_ref().map(|other| other.matches(name, claimed_type)) {
            Some(None) => None,
            // What a claim alone has opened anywhere is held against the bytes.
            Some(Some(By::Type)) => Some(By::Type),
            _ => Some(own),
        }
    }

    fn own_matches(&self, name: &FileName, claimed_type: &str) -> Option<By> {
        let name = name.as_str().to_lowercase();
        let by_extension = self.patterns.iter().any(|pattern| match pattern {
            Pattern::Extension(end) => name.len() > end.len() && name.ends_with(end.as_str()),
            Pattern::Exact(_) | Pattern::Family(_) => false,
        });
        if by_extension {
            return Some(By::Extension);
        }
        self.own_allows_type(claimed_type).then_some(By::Type)
    }

    /// Whether a media type matches one of the list's types; parameters and case don't matter.
    /// A list without types allows none, an empty list allows every type.
    pub fn allows_type(&self, media_type: &str) -> bool {
        if self.is_any() {
            return true;
        }
        let others = self.within.as_ref().is_none_or(|other| other.allows_type(media_type));
        others && self.own_allows_type(media_type)
    }

    fn own_allows_type(&self, media_type: &str) -> bool {
        let Some(media_type) = MediaType::parse(media_type) else { return false };
        self.patterns.iter().any(|pattern| match pattern {
            Pattern::Extension(_) => false,
            Pattern::Exact(exact) => exact == media_type.as_str(),
            Pattern::Family(family) => media_type.as_str().starts_with(family.as_str()),
        })
    }

    /// In words: "JPG, PNG or WebP", "images", "any file".
    pub fn describe(&self) -> String {
        if self.is_any() {
            return "any file".to_owned();
        }
        let mut words: Vec<String> = Vec::new();
        for word in self.patterns.iter().map(Pattern::word) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        either(&words)
    }
}

impl Pattern {
    /// `None` is "anything".
    fn parse(text: &str) -> Result<Option<Self>, AcceptError> {
        let error = || AcceptError(text.chars().take(64).collect());
        let essence = text.split(';').next().unwrap_or_default().trim().to_lowercase();
        if essence == "*/*" || essence == "*" {
            return Ok(None);
        }
        if let Some(extension) = essence.strip_prefix('.') {
            let plain = |c: char| c.is_alphanumeric() || "._-+".contains(c);
            let good = extension.chars().all(plain)
                && extension.split('.').all(|part| !part.is_empty())
                && text.trim().eq_ignore_ascii_case(&essence);
            return if good { Ok(Some(Self::Extension(essence))) } else { Err(error()) };
        }
        if let Some(family) = essence.strip_suffix('*') {
            let kind = family.strip_suffix('/').ok_or_else(error)?;
            MediaType::parse(&format!("{kind}/x")).ok_or_else(error)?;
            return Ok(Some(Self::Family(family.to_owned())));
        }
        let exact = MediaType::parse(&essence).ok_or_else(error)?;
        Ok(Some(Self::Exact(exact.as_str().to_owned())))
    }

    fn word(&self) -> String {
        match self {
            Self::Extension(extension) => format_word(extension.trim_start_matches('.')),
            Self::Exact(exact) => match exact.as_str() {
                "text/plain" => "text files".to_owned(),
                "image/svg+xml" => "SVG".to_owned(),
                "audio/mpeg" => "MP3".to_owned(),
                "video/quicktime" => "MOV".to_owned(),
                _ => match exact.split_once('/') {
                    Some((_, subtype)) if subtype.len() <= 5 => format_word(subtype),
                    _ => exact.clone(),
                },
            },
            Self::Family(family) => match family.as_str() {
                "image/" => "images".to_owned(),
                "video/" => "videos".to_owned(),
                "audio/" => "audio".to_owned(),
                "text/" => "text files".to_owned(),
                "font/" => "fonts".to_owned(),
                _ => format!("{family}*"),
            },
        }
    }
}

/// How people write the name of a format.
fn format_word(extension: &str) -> String {
    match extension {
        "jpg" | "jpeg" => "JPG".to_owned(),
        "tif" | "tiff" => "TIFF".to_owned(),
        "htm" | "html" => "HTML".to_owned(),
        "webp" => "WebP".to_owned(),
        "webm" => "WebM".to_owned(),
        "7z" => "7z".to_owned(),
        _ => extension.to_uppercase(),
    }
}

impl FromStr for Accept {
    type Err = AcceptError;

    fn from_str(text: &str) -> Result<Self, AcceptError> {
        Self::parse(text.split(','))
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pattern) in self.patterns.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match pattern {
                Pattern::Extension(text) | Pattern::Exact(text) => f.write_str(text)?,
                Pattern::Family(family) => write!(f, "{family}*")?,
            }
        }
        Ok(())
    }
}

text_form!(Accept);

#[cfg(test)]
mod tests;
