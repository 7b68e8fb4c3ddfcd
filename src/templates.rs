//! Tera templates: where they come from, and what every page finds in its context.
//!
//! Every set of templates knows the filters and functions of `docs/guides/templates.md`, so that a page need not
//! repeat the attributes by which the browser's script finds its inputs, lists and errors.

mod elsewhere;
mod errors;
mod facts;
mod filters;
mod given;
mod head;
mod input;
mod markup;
mod preview;
mod progress;
mod words;
mod zone;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use tera::{Context, Tera};

use self::elsewhere::Elsewhere;
pub use self::facts::FileFacts;
use self::facts::SlotFacts;
pub(crate) use self::facts::rfc3339;
use crate::session::UploadSession;

/// A set of templates, checked as a whole when it is loaded. Cheap to clone.
///
/// Besides Tera's own, every template finds the filters and functions of `docs/guides/templates.md`:
/// `{{ uploads.photos | upload_zone }}` is a whole drop zone.
#[derive(Debug, Clone)]
pub struct Templates(Arc<Source>);

#[derive(Debug)]
struct Source {
    tera: RwLock<Tera>,
    /// Read again before each rendering: for developers who are changing templates.
    reload: bool,
}

/// What a page's request brings into its context.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PageContext {
    /// The page's path, to which forms post.
    pub path: String,
    /// Where the live page connects.
    pub live_path: String,
    /// The path below which everything of ours is found; empty without one.
    pub prefix: String,
    /// The prefix of static files.
    pub assets: String,
    /// The form token of the caller.
    pub token: String,
    /// What became of the last form post, if this rendering answers one.
    pub notice: Option<serde_json::Value>,
}

impl Templates {
    /// Templates by name and text.
    ///
    /// # Errors
    /// A template that can't be parsed, or names a filter, function or parent that doesn't exist.
    pub fn from_texts<I, N, T>(texts: I) -> Result<Self, tera::Error>
    where
        I: IntoIterator<Item = (N, T)>,
        N: AsRef<str>,
        T: AsRef<str>,
    {
        let mut tera = filters::tera();
        tera.add_raw_templates(texts)?;
        Ok(Self(Arc::new(Source { tera: RwLock::new(tera), reload: false })))
    }

    /// No templates: for services without pages.
    pub(crate) fn none() -> Self {
        Self(Arc::new(Source { tera: RwLock::new(Tera::default()), reload: false }))
    }

    /// All `.html` files under a folder, read again at each rendering.
    ///
    /// # Errors
    /// As [`Templates::from_texts`].
    pub fn from_folder(folder: PathBuf) -> Result<Self, tera::Error> {
        let mut tera = filters::tera();
        tera.load_from_glob(&folder.join("**/*.html").to_string_lossy())?;
        Ok(Self(Arc::new(Source { tera: RwLock::new(tera), reload: true })))
    }

    /// Renders a template.
    ///
    /// # Errors
    /// An unknown template, or a variable that isn't there.
    pub fn render(&self, name: &str, context: &Context) -> Result<String, tera::Error> {
        if self.0.reload {
            self.0.tera.write().unwrap_or_else(PoisonError::into_inner).full_reload()?;
        }
        self.0.tera.read().unwrap_or_else(PoisonError::into_inner).render(name, context)
    }

    /// The names of all templates, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let tera = self.0.tera.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = tera.get_template_names().map(ToOwned::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// True if there is a template of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.tera.read().unwrap_or_else(PoisonError::into_inner).contains_template(name)
    }
}

/// What every page finds in its context.
pub(crate) fn context(session: &UploadSession, page: &PageContext) -> Context {
    let mut context = Context::new();
    context.insert("page", session.page().as_str());
    context.insert("path", &page.path);
    context.insert("live_path", &page.live_path);
    context.insert("prefix", &page.prefix);
    context.insert("assets", &page.assets);
    context.insert("token", &page.token);
    context.insert("notice", &page.notice);
    context.insert("uploads", &SlotFacts::of_all(session));
    context.insert("elsewhere", &Elsewhere::of(session));
    context
}
