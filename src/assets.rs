//! What the binary carries: templates and static files, embedded, or read from disk while developing.

mod lean;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
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
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) bytes: Bytes,
    /// The same packed with gzip, if it is a text.
    pub(crate) packed: Option<Bytes>,
    /// The tag of `bytes`; what is packed is another representation and needs a tag of its own.
    pub(crate) etag: String,
}

/// Where static files come from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Assets {
    /// The binary carries them. Scripts are served without what only people read.
    #[default]
    Embedded,
    /// Read from a folder at each request, and served as they are written.
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
            Self::Embedded => embedded().get(path).cloned(),
            Self::Folder(folder) => {
                let path = Path::new(path);
                // Only names: no `..`, no root, whatever the URL says.
                if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                    return None;
                }
                let bytes = Bytes::from(std::fs::read(folder.join(path)).ok()?);
                Some(Asset { etag: tag(&bytes), packed: None, bytes })
            }
        }
    }
}

/// All embedded files, prepared once. They are few and small, and most of them are asked for by the first page.
fn embedded() -> &'static BTreeMap<String, Asset> {
    static EMBEDDED: OnceLock<BTreeMap<String, Asset>> = OnceLock::new();
    EMBEDDED.get_or_init(|| {
        let files = EmbeddedStatic::iter().filter_map(|path| {
            let file = EmbeddedStatic::get(&path)?;
            let asset = prepare(&path, file.data);
            Some((path.into_owned(), asset))
        });
        files.collect()
    })
}

fn prepare(path: &str, bytes: Cow<'static, [u8]>) -> Asset {
    let bytes = match std::str::from_utf8(&bytes) {
        Ok(source) if path.ends_with(".js") => Bytes::from(lean::lean(source)),
        _ => match bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        },
    };
    // A picture is packed already, and packing it again would only cost both sides time.
    let text = [".js", ".css", ".svg", ".ts"].iter().any(|end| path.ends_with(end));
    let packed = if text { pack(&bytes).map(Bytes::from) } else { None };
    Asset { etag: tag(&bytes), packed, bytes }
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut all = Sha256::new();
        for (path, asset) in embedded() {
            all.update(path.as_bytes());
            all.update(asset.etag.as_bytes());
        }
        hex(&all.finalize()[..8])
    })
}

fn tag(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..16])
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

#[cfg(test)]
mod tests {
    use super::{Assets, embedded, pack};

    /// What the whole client may weigh: every module, the element and the API together. Whoever adds to it takes
    /// something away, or raises this figure and says why.
    const LIMIT: usize = 16 * 1024 + 512;

    fn modules() -> Vec<(&'static str, &'static [u8])> {
        let modules = embedded().iter().filter(|(path, _)| path.ends_with(".js"));
        modules.map(|(path, asset)| (path.as_str(), asset.bytes.as_ref())).collect()
    }

    #[test]
    fn the_whole_client_stays_as_light_as_it_is() {
        let whole: Vec<u8> = modules().iter().flat_map(|(_, bytes)| *bytes).copied().collect();
        let packed = pack(&whole).map(|packed| packed.len());
        assert!(modules().len() > 10, "the client is there");
        assert!(packed.is_some_and(|length| length <= LIMIT), "{packed:?} of {LIMIT} bytes");
    }

    #[test]
    fn every_module_is_served_without_its_comments() {
        for (path, bytes) in modules() {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("/**") && !text.contains("\n//"), "{path}");
        }
    }

    #[test]
    fn while_developing_a_module_is_served_as_it_is_written() {
        let source = std::fs::read("static/longshore/index.js").unwrap();
        let served = Assets::Folder("static".into()).get("longshore/index.js").unwrap();
        assert_eq!(served.bytes, source);
        assert!(Assets::Folder("static".into()).get("../Cargo.toml").is_none());
    }
}
