//! What the binary carries: templates and static files, embedded, or read from disk while developing.

mod client;
mod lean;
mod link;
mod names;
mod tokens;

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
    /// The binary carries them. Scripts are served without what only people read, and those of every page as one.
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
            Some((path.into_owned(), bytes(file.data)))
        });
        let mut files: BTreeMap<String, Bytes> = files.collect();
        let scripts = files.iter().filter(|(path, _)| path.ends_with(".js"));
        let scripts = scripts
            .map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()));
        let scripts = client::client(&scripts.collect());
        files.extend(scripts.into_iter().map(|(path, text)| (path, Bytes::from(text))));
        files.into_iter().map(|(path, bytes)| (path.clone(), prepare(&path, bytes))).collect()
    })
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }
}

fn prepare(path: &str, bytes: Bytes) -> Asset {
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
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Asset, Assets, embedded};

    /// What a page loads of the client before somebody does something seldom; and all of it together. Whoever adds
    /// to it takes something away, or raises the figure and says why.
    // The last 128: frames are sent from where they were read, and a thousand rows are drawn in portions (docs/performance.md).
    const FIRST: usize = 12 * 1024 + 128;
    const WHOLE: usize = 18 * 1024 + 128;

    fn modules() -> BTreeMap<&'static str, &'static Asset> {
        let modules = embedded().iter().filter(|(path, _)| path.ends_with(".js"));
        modules.map(|(path, asset)| (path.as_str(), asset)).collect()
    }

    fn text(path: &str) -> String {
        String::from_utf8_lossy(&embedded()[path].bytes).into_owned()
    }

    /// As it goes over the wire.
    fn weight(path: &str) -> usize {
        embedded()[path].packed.as_ref().unwrap().len()
    }

    /// The modules that are imported by name, beside the entry, while a page runs.
    fn later() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec!["longshore/index.js".to_owned()];
        while let Some(path) = open.pop() {
            let text = text(&path);
            for from in ["import('./", "from'./"] {
                for rest in text.split(from).skip(1) {
                    let name = format!("longshore/{}", rest.split('\'').next().unwrap());
                    if found.insert(name.clone()) {
                        open.push(name);
                    }
                }
            }
        }
        found.remove("longshore/index.js");
        found
    }

    #[test]
    fn what_every_page_loads_is_one_light_module() {
        let entry = text("longshore/index.js");
        assert!(!entry.contains("import{"), "the entry has in it what it imports");
        assert!(!entry.contains("document.createElement(tag)"), "its names are short");
        let weight = weight("longshore/index.js");
        assert!(weight <= FIRST, "{weight} of {FIRST} bytes");
    }

    #[test]
    fn the_whole_client_stays_as_light_as_it_is() {
        let later = later();
        assert!(later.len() > 4, "{later:?}");
        let whole: usize = later.iter().map(|path| weight(path)).sum();
        let whole = whole + weight("longshore/index.js");
        assert!(whole <= WHOLE, "{whole} of {WHOLE} bytes");
    }

    #[test]
    fn what_is_fetched_later_brings_nothing_a_second_time() {
        for path in later() {
            for rest in text(&path).split("from'./").skip(1) {
                let name = format!("longshore/{}", rest.split('\'').next().unwrap());
                let shared = name == "longshore/index.js" || later().contains(&name);
                assert!(shared, "{path} brings {name}, which lies in the entry");
            }
        }
    }

    #[test]
    fn every_module_is_served_without_its_comments() {
        for (path, asset) in modules() {
            let text = String::from_utf8_lossy(&asset.bytes);
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
