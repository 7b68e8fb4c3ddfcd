//! HTML that is put together in code: tags with attributes, texts between them.
//!
//! Filters hand Tera markup that it must not escape again, so a name like `"><script>` has to be made harmless
//! here. Strings pasted together by hand are escaped until somebody forgets it once.
//!
//! INVARIANT: a value enters [`Markup`] only through [`Tag::with`] or [`Markup::text`], which escape; names of tags
//! and attributes are written in our sources.

use std::fmt::Display;

use tera::Value;

/// Finished markup.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// A text, escaped.
    pub(super) fn text(text: impl Display) -> Self {
        let mut markup = Self::default();
        escape(&text.to_string(), &mut markup.0);
        markup
    }

    /// This, and then something else.
    pub(super) fn then(mut self, next: Self) -> Self {
        self.0 += &next.0;
        self
    }
}

impl FromIterator<Self> for Markup {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), Self::then)
    }
}

impl From<Markup> for Value {
    fn from(markup: Markup) -> Self {
        Self::safe_string(&markup.0)
    }
}

/// A tag that is being written.
#[derive(Debug)]
pub(super) struct Tag {
    name: &'static str,
    text: String,
}

impl Tag {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, text: format!("<{name}") }
    }

    /// An attribute with its value, escaped.
    pub(super) fn with(mut self, attribute: &'static str, value: impl Display) -> Self {
        self.text += &format!(" {attribute}=\"");
        escape(&value.to_string(), &mut self.text);
        self.text.push('"');
        self
    }

    /// An attribute, if there is a value for it.
    pub(super) fn maybe(self, attribute: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// An attribute that is there or not.
    pub(super) fn flag(mut self, attribute: &'static str, on: bool) -> Self {
        if on {
            self.text += &format!(" {attribute}");
        }
        self
    }

    /// The classes of the contract, and those that a template adds.
    pub(super) fn class(self, ours: &str, added: Option<&str>) -> Self {
        let added = added.unwrap_or_default().split_whitespace();
        let all: Vec<&str> = ours.split_whitespace().chain(added).collect();
        if all.is_empty() { self } else { self.with("class", all.join(" ")) }
    }

    /// An element that has no inside.
    pub(super) fn void(mut self) -> Markup {
        self.text.push('>');
        Markup(self.text)
    }

    /// The element around what is inside.
    pub(super) fn around(self, inside: Markup) -> Markup {
        let (name, opening) = (self.name, self.void().0);
        Markup(format!("{opening}{}</{name}>", inside.0))
    }

    /// The element around a text.
    pub(super) fn around_text(self, text: impl Display) -> Markup {
        self.around(Markup::text(text))
    }

    /// The element with nothing inside.
    pub(super) fn empty(self) -> Markup {
        self.around(Markup::default())
    }
}

fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Markup, Tag};

    #[test]
    fn values_and_texts_can_not_leave_their_place() {
        let hostile = "\"><script>alert('&')</script>";
        let harmless = "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;";
        let markup = Tag::new("p").with("title", hostile).around_text(hostile);
        assert_eq!(markup.0, format!("<p title=\"{harmless}\">{harmless}</p>"));
    }

    #[test]
    fn attributes_that_have_nothing_to_say_are_left_out() {
        let tag = Tag::new("img").class("", None).maybe("id", None::<&str>).flag("hidden", false);
        assert_eq!(tag.void().0, "<img>");
        let tag =
            Tag::new("img").class("a", Some(" b  c")).maybe("id", Some(1)).flag("hidden", true);
        assert_eq!(tag.void().0, "<img class=\"a b c\" id=\"1\" hidden>");
    }

    #[test]
    fn parts_follow_one_another() {
        let parts = ["a", "b"].map(|text| Tag::new("b").around_text(text));
        assert_eq!(parts.into_iter().collect::<Markup>().0, "<b>a</b><b>b</b>");
    }
}
