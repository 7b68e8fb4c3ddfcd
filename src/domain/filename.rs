//! `FileName`: a client's name for a file, made safe to show, log, send in a header and save.
//!
//! Names are the oldest way into a server: they climb out of folders, hide their extension behind
//! a right-to-left mark, name a device on Windows or break a header. Our own paths never contain
//! them (bytes lie under ids), but people see, click and download them. This is the only place that
//! reads a raw name; everybody else gets a value of this type.
//!
//! INVARIANT: 1 to 255 bytes of NFC; no separator, NUL, control, bidi or other invisible
//! character; no dot or white space at either end; not a Windows device name. Sanitising twice is
//! sanitising once.

use std::{fmt, sync::Arc};

use unicode_normalization::UnicodeNormalization;

use crate::domain::{Code, Rejection, text_form::serialize_as_text};

/// The longest name that common file systems take.
const LONGEST: usize = 255;
/// A longer "extension" is a sentence with a dot in it and isn't worth keeping when cutting.
const LONGEST_EXTENSION: usize = 64;

/// Extensions that some servers run even when another extension follows (`shell.php.jpg`).
const RUN_BY_SERVERS: &[&str] = &[
    "php", "php3", "php4", "php5", "php7", "php8", "phtml", "pht", "phar", "phps", "asp", "aspx",
    "ashx", "asmx", "asa", "cer", "jsp", "jspx", "cgi", "fcgi", "shtml",
];

/// A safe file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    text: Arc<str>,
    extension: Option<Arc<str>>,
}

impl FileName {
    /// Makes a safe name of whatever a client sent.
    ///
    /// The last component of a path counts. Invisible characters are dropped, characters that
    /// Windows forbids become `_`, dots and spaces at the ends go, device names get a `_` in front,
    /// too long names are cut before their extension.
    ///
    /// # Errors
    /// `empty_name` if nothing was there; `invalid_name` if it contains NUL or consists of dots.
    pub fn sanitise(raw: &str) -> Result<Self, Rejection> {
        if raw.contains('\0') {
            return Err(Rejection::new(Code::InvalidName));
        }
        let component = raw.rsplit(['/', '\\']).next().unwrap_or_default();
        // Composed twice: what `visible` judges must be final characters, and what it leaves out may
        // bring together a letter and its accent.
        let composed: String = without_drive(component).nfc().collect();
        let visible: String = visible(&composed).nfc().collect();
        let trimmed = trim(&visible);
        if trimmed.is_empty() {
            let code = if visible.contains('.') { Code::InvalidName } else { Code::EmptyName };
            return Err(Rejection::new(code));
        }
        let mut name = harmless(&cut(trimmed));
        if is_device(&name) {
            name = harmless(&cut(&format!("_{name}")));
        }
        let extension =
            split_extension(&name).map(|(_, extension)| extension.to_lowercase().into());
        Ok(Self { text: name.into(), extension })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What follows the last dot, in lower case. None if there is no dot.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl AsRef<str> for FileName {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

serialize_as_text!(FileName);

/// `C:x` is a file on another drive for Windows; the letter isn't part of its name.
fn without_drive(component: &str) -> &str {
    match component.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => &component[2..],
        _ => component,
    }
}

/// The characters that a person can see, with those that Windows forbids replaced.
///
/// Joiners are invisible too, but Persian words and emoji families need them: they stay between two
/// characters outside ASCII, where they can't disguise an extension.
fn visible(component: &str) -> impl Iterator<Item = char> {
    let mut kept = component.chars().filter(|c| !is_invisible(*c) || is_joiner(*c)).peekable();
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let c = kept.next()?;
            let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_joiner(c));
            if is_joiner(c) && !(joins(before) && joins(kept.peek().copied())) {
                continue;
            }
            before = Some(c);
            return Some(if r#"<>:"|?*"#.contains(c) { '_' } else { c });
        }
    })
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Controls, line separators, bidi controls and the rest of Unicode's format characters (Cf), and
/// the tag and filler characters that have no shape of their own.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn trim(name: &str) -> &str {
    // A joiner at an end joins nothing any more.
    name.trim_matches(|c: char| c == '.' || c.is_whitespace() || is_joiner(c))
}

/// The part before the last dot and the part after it. Names have no dots at their ends.
fn split_extension(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.')
}

/// At most the longest name, on a character's boundary, with the extension kept.
fn cut(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    match split_extension(name) {
        Some((stem, extension)) if extension.len() <= LONGEST_EXTENSION => {
            let room = LONGEST - extension.len() - 1;
            let stem = stem[..stem.floor_char_boundary(room)].trim_end_matches(is_joiner);
            format!("{stem}.{extension}")
        }
        _ => trim(&name[..name.floor_char_boundary(LONGEST)]).to_owned(),
    }
}

/// `shell.php.jpg` becomes `shell_php.jpg`: as long, as readable, and not run by a server that
/// looks at every extension.
fn harmless(name: &str) -> String {
    let Some((stem, extension)) = split_extension(name) else { return name.to_owned() };
    let mut parts = stem.split('.');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let runs = RUN_BY_SERVERS.iter().any(|run| run.eq_ignore_ascii_case(part.trim()));
        text.push(if runs { '_' } else { '.' });
        text.push_str(part);
    }
    format!("{text}.{extension}")
}

/// Windows opens a device for these, whatever extension or spaces follow.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).unwrap_or_default();
    let mut digits = port.chars();
    matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests;
