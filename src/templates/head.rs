//! `longshore_head` and `form_fields`: what a page and its forms carry for the doors.
//!
//! Both take what they need from the page's context, where it always is. Inside a Tera component, which sees no
//! context, it is handed in as an argument.

use serde::Deserialize;
use tera::{Error, Kwargs, State, TeraResult};

use super::given::arguments;
use super::markup::{Markup, Tag};

const HEAD: &str = "longshore_head";
const FIELDS: &str = "form_fields";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    assets: Option<String>,
    #[serde(default = "yes")]
    style: bool,
    #[serde(default = "yes")]
    script: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    event: Option<String>,
    token: Option<String>,
}

fn yes() -> bool {
    true
}

/// Our style sheets and the browser's script.
pub(super) fn longshore_head(kwargs: Kwargs, state: &State<'_>) -> TeraResult<Markup> {
    let Head { assets, style, script } = arguments(HEAD, &kwargs)?;
    let assets = in_context(HEAD, "assets", assets, state)?;
    let sheet = |name: &str| {
        let tag = Tag::new("link").with("rel", "stylesheet");
        tag.with("href", format!("{assets}/{name}")).void()
    };
    let source = format!("{assets}/longshore/index.js");
    let styles = ["style.css", "icons.css"].into_iter().filter(|_| style).map(sheet);
    let scripts =
        script.then(|| Tag::new("script").with("type", "module").with("src", source).empty());
    Ok(styles.chain(scripts).collect())
}

/// The hidden fields of a form that is posted without JavaScript.
pub(super) fn form_fields(kwargs: Kwargs, state: &State<'_>) -> TeraResult<Markup> {
    let Fields { event, token } = arguments(FIELDS, &kwargs)?;
    let token = in_context(FIELDS, "token", token, state)?;
    let field = |name: &str, value: &str| {
        let tag = Tag::new("input").with("type", "hidden");
        tag.with("name", name).with("value", value).void()
    };
    let event = event.map(|event| field("_event", &event)).unwrap_or_default();
    Ok(field("_token", &token).then(event))
}

fn in_context(
    function: &str,
    name: &str,
    given: Option<String>,
    state: &State<'_>,
) -> TeraResult<String> {
    let found = match given {
        Some(given) => Some(given),
        None => state.get::<String>(name)?,
    };
    found.ok_or_else(|| {
        Error::message(format!(
            "{function} finds no {name} here; inside a component hand it in: {function}({name}={name})"
        ))
    })
}
