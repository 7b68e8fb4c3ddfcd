//! `MagicBytes`: are the bytes what the name says, and are they something that may lie here?
//!
//! A name costs nothing: a program called `photo.jpg` passes every accept list. This check looks at
//! the first bytes, while the rest is still on its way, and refuses
//!
//! 1. bytes that break what the name's extension promises (`content_mismatch`);
//! 2. bytes that break the claimed type, where the slot let the file in by that claim alone;
//! 3. programs, where the slot doesn't take everything and the name doesn't own up to being one.
//!    A slot that takes everything takes `setup.exe`, and then refusing `setup.dat` protects nobody;
//! 4. HTML, SVG and scripts (`active_content`), whatever they are called, unless the slot wants them.
//!
//! What an extension doesn't promise isn't missed: unknown extensions are let through.
//!
//! INVARIANT: the verdict depends on the head, the entry's name and claimed type, and the slot.

use async_trait::async_trait;

use crate::{
    checks::{
        Check, Stage, Subject, Verdict,
        promise::Promise,
        sniff::{Found, sniff},
    },
    domain::{
        Accept, ActiveContent, By, MediaType, Rejection, is_active_extension, is_active_type,
    },
};

/// `infer` reads as much of a file, and text within it is text.
const HEAD: usize = 8_192;

/// Extensions under which programs are honest.
const PROGRAMS: &[&str] = &[
    "exe", "dll", "com", "scr", "sys", "drv", "ocx", "cpl", "efi", "elf", "so", "o", "ko", "bin",
    "run", "out", "appimage", "dylib", "bundle", "macho", "node", "pyd", "wasm", "class", "dex",
];

/// Compares the first bytes with the name and the claimed type, and refuses active content.
#[derive(Clone, Copy, Debug, Default)]
pub struct MagicBytes;

impl MagicBytes {
    /// The check.
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Check for MagicBytes {
    fn name(&self) -> &'static str {
        "magic_bytes"
    }

    fn stage(&self) -> Stage {
        Stage::Head(HEAD)
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        judge(subject)
    }
}

fn judge(subject: Subject<'_>) -> Verdict {
    let accept = &subject.slot.constraints().accept;
    let found = sniff(&subject.head[..subject.head.len().min(HEAD)]);
    let promise = subject.entry.name.extension().and_then(Promise::of_extension);
    let checked = promised(promise, found)
        .and_then(|()| claimed(&subject, accept, found))
        .and_then(|()| programs(&subject, accept, found))
        .and_then(|()| active(&subject, found));
    if let Err(rejection) = checked {
        return Verdict::Refuse(rejection);
    }
    let media_type = match promise {
        Some(promise) => promise.media_type_of(found),
        None => found.media_type(),
    };
    media_type.and_then(MediaType::parse).map_or(Verdict::Accept, Verdict::Identified)
}

/// Rule 1: what the extension promises.
fn promised(promise: Option<&Promise>, found: Found) -> Result<(), Rejection> {
    match promise {
        Some(promise) if !promise.is_kept_by(found) => {
            Err(Rejection::content_mismatch(promise.noun(), found.noun()))
        }
        _ => Ok(()),
    }
}

/// Rule 2: what the client claimed, where only that opened the slot.
fn claimed(subject: &Subject<'_>, accept: &Accept, found: Found) -> Result<(), Rejection> {
    let claim = subject.entry.facts.client_type.as_deref().unwrap_or_default();
    let Some(claim) = MediaType::parse(claim) else { return Ok(()) };
    if accept.matches(&subject.entry.name, claim.as_str()) != Some(By::Type) {
        return Ok(());
    }
    let promise = Promise::of_type(claim.as_str());
    let kept = match (promise, found) {
        (Some(promise), _) if promise.is_kept_by(found) => true,
        // The claim was another of the list's types: a PNG claimed as JPG may still be an image.
        (_, found)
            if found.media_type().is_some_and(|media_type| accept.allows_type(media_type)) =>
        {
            true
        }
        (Some(_), _) => false,
        // Nobody here knows what such a file looks like; only text and media betray themselves.
        (None, Found::Text | Found::MaybeText | Found::Nothing | Found::Unknown) => {
            !is_media(claim.as_str())
        }
        (None, _) => false,
    };
    if kept {
        return Ok(());
    }
    let noun = match (promise, claim.as_str().split('/').next()) {
        (Some(promise), _) => promise.noun().to_owned(),
        (None, Some("image")) => "an image".to_owned(),
        (None, Some("video")) => "a video".to_owned(),
        (None, Some("audio")) => "a sound recording".to_owned(),
        (None, _) => format!("a file of type {claim}"),
    };
    Err(Rejection::content_mismatch(&noun, found.noun()))
}

fn is_media(media_type: &str) -> bool {
    ["image/", "video/", "audio/"].iter().any(|family| media_type.starts_with(family))
}

/// Rule 3: programs under names that hide it.
fn programs(subject: &Subject<'_>, accept: &Accept, found: Found) -> Result<(), Rejection> {
    let Found::Program(_) = found else { return Ok(()) };
    let extension = subject.entry.name.extension().unwrap_or_default();
    if accept.is_any() || PROGRAMS.contains(&extension) {
        return Ok(());
    }
    let claimed = match extension {
        "" => "what its name says".to_owned(),
        _ => format!("a .{extension} file"),
    };
    Err(Rejection::content_mismatch(&claimed, found.noun()))
}

/// Rule 4: what a browser would run.
fn active(subject: &Subject<'_>, found: Found) -> Result<(), Rejection> {
    if subject.slot.active_content() == ActiveContent::Allow {
        return Ok(());
    }
    if let Found::Active(_) = found {
        return Err(Rejection::active_content(found.noun()));
    }
    // Admission has judged name and claim; a door or a row that got around it is stopped here.
    let facts = &subject.entry.facts;
    let named = subject.entry.name.extension().is_some_and(is_active_extension);
    if named || facts.client_type.as_deref().is_some_and(is_active_type) {
        return Err(Rejection::new(crate::domain::Code::ActiveContent));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
