//! What the binary carries: templates and static files, embedded, or read from disk while developing.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::templates::Templates;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct EmbeddedTemplates;

#[derive(RustEmbed)]
#[folder = "static/"]
struct EmbeddedStatic;

/// A static file as it is served.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) etag: String,
}

/// Where static files come from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Assets {
    /// The binary carries them.
    #[default]
    Embedded,
    /// Read from a folder at each request.
    Folder(PathBuf),
}

impl Assets {
    /// The path prefix of static files. Embedded ones are named by their content, so they may be cached
    /// for ever.
    pub(crate) fn prefix(&self) -> String {
        match self {
            Self::Embedded => format!("/static/{}", version()),
            Self::Folder(_) => "/static/dev".to_owned(),
        }
    }

    /// True if this version of the prefix names the content.
    pub(crate) fn is_immutable(&self, given: &str) -> bool {
        matches!(self, Self::Embedded) && given == version()
    }

    /// A file by its path below the prefix.
    pub(crate) fn get(&self, path: &str) -> Option<Asset> {
        match self {
            Self::Embedded => {
                let file = EmbeddedStatic::get(path)?;
                Some(Asset { bytes: file.data, etag: hex(&file.metadata.sha256_hash()[..16]) })
            }
            Self::Folder(folder) => {
                let path = Path::new(path);
                // Only names: no `..`, no root, whatever the URL says.
                if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                    return None;
                }
                let bytes = std::fs::read(folder.join(path)).ok()?;
                let etag = hex(&Sha256::digest(&bytes)[..16]);
                Some(Asset { bytes: bytes.into(), etag })
            }
        }
    }
}

fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut all = Sha256::new();
        for path in EmbeddedStatic::iter() {
            if let Some(file) = EmbeddedStatic::get(&path) {
                all.update(path.as_bytes());
                all.update(file.metadata.sha256_hash());
            }
        }
        hex(&all.finalize()[..8])
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The embedded templates: our pages, and the parts that an application may include in its own.
///
/// # Errors
/// A template that does not parse; a test loads them all.
pub fn embedded_templates() -> Result<Templates, tera::Error> {
    let texts = EmbeddedTemplates::iter().filter_map(|path| {
        let file = EmbeddedTemplates::get(&path)?;
        Some((path.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
    });
    Templates::from_texts(texts)
}
