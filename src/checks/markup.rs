//! Markup that a browser would run: HTML, SVG and XML that carries either.
//!
//! Neither has a magic number. Browsers look for a first tag after white space, comments and an XML
//! declaration, and so do we; a picture that begins with `<?xml` and a comment is still SVG.
//!
//! Only tags that begin a document count. `<h1>`, `<p>` or a comment begin many a Markdown file;
//! browsers that were told `nosniff` don't run those as HTML, and stored files are always served so.

/// What a text that begins with a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    Html,
    Xhtml,
    Svg,
    /// XML that brings a style sheet, or SVG or XHTML inside something else.
    ActiveXml,
    /// XML with nothing active in sight.
    Xml,
}

/// Namespaces and instructions that make a browser run XML, and declarations that make a reader of XML fetch or
/// multiply things (entities).
const ACTIVE_IN_XML: &[&str] = &[
    "<?xml-stylesheet",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xsl/transform",
    "<!entity",
];

/// Tags that begin an HTML document and nothing else that people upload.
const HTML_TAGS: &[&str] = &[
    "html", "head", "body", "script", "iframe", "frameset", "title", "meta", "style", "base",
    "object", "embed", "applet",
];

/// What the markup at a text's beginning is; `None` if it begins with anything else.
pub(super) fn sniff(text: &str) -> Option<Markup> {
    // HTML ignores case, so the whole search does.
    let text = text.to_ascii_lowercase();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // Entities are XML's alone, whether it declares itself or not.
    let entities = text.starts_with("<!doctype") && text.contains("<!entity");
    let is_xml = text.starts_with("<?xml") || entities;
    let mut rest = text;
    loop {
        rest = match first_tag(rest) {
            Tag::Skipped(after) => after,
            Tag::Doctype(name, _) if name == "html" && !is_xml => return Some(Markup::Html),
            Tag::Doctype("svg", _) => return Some(Markup::Svg),
            Tag::Doctype(_, after) => after,
            Tag::Element("svg") => return Some(Markup::Svg),
            Tag::Element("html") if is_xml => return Some(Markup::Xhtml),
            Tag::Element(name) if HTML_TAGS.contains(&name) => return Some(Markup::Html),
            Tag::Element(_) | Tag::None if !is_xml => return None,
            Tag::Element(_) | Tag::None => {
                let active = ACTIVE_IN_XML.iter().any(|mark| text.contains(mark));
                return Some(if active { Markup::ActiveXml } else { Markup::Xml });
            }
        };
    }
}

enum Tag<'a> {
    /// White space, a comment or an instruction; the rest follows.
    Skipped(&'a str),
    /// The document's declared root, and the rest.
    Doctype(&'a str, &'a str),
    /// The first element's local name.
    Element(&'a str),
    /// Anything else, or the end.
    None,
}

fn first_tag(text: &str) -> Tag<'_> {
    let trimmed = text.trim_start();
    if trimmed.len() < text.len() {
        return Tag::Skipped(trimmed);
    }
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.split_once("-->").map_or(Tag::None, |(_, after)| Tag::Skipped(after));
    }
    if let Some(instruction) = text.strip_prefix("<?") {
        return instruction.split_once("?>").map_or(Tag::None, |(_, after)| Tag::Skipped(after));
    }
    if let Some(doctype) = text.strip_prefix("<!doctype") {
        let doctype = doctype.trim_start();
        return Tag::Doctype(local_name(doctype), after_doctype(doctype));
    }
    match text.strip_prefix('<').map(local_name) {
        Some(name) if !name.is_empty() => Tag::Element(name),
        _ => Tag::None,
    }
}

/// The name at a text's beginning, without its namespace prefix.
fn local_name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || "_-.:".contains(c)));
    let name = &text[..end.unwrap_or(text.len())];
    name.rsplit(':').next().unwrap_or_default()
}

/// What follows a document type, whose internal subset may contain `>` itself.
fn after_doctype(doctype: &str) -> &str {
    let subset = doctype.find('[').filter(|open| doctype.find('>').is_none_or(|end| *open < end));
    let after_subset = match subset {
        Some(open) => doctype[open..].split_once(']').map_or("", |(_, after)| after),
        None => doctype,
    };
    after_subset.split_once('>').map_or("", |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_browsers_run_are_seen() {
        for (text, markup) in [
            ("<!DOCTYPE html><p>", Markup::Html),
            ("\u{feff} \r\n\t<HTML>", Markup::Html),
            ("<html lang=de>", Markup::Html),
            ("<!-- a --><!-- b -->\n<script>alert(1)</script>", Markup::Html),
            ("<body/onload=alert(1)>", Markup::Html),
            ("<svg xmlns='http://www.w3.org/2000/svg'>", Markup::Svg),
            ("<svg", Markup::Svg),
            ("<?xml version='1.0'?>\n<!-- made by hand -->\n<svg>", Markup::Svg),
            (
                "<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'>",
                Markup::Svg,
            ),
            ("<!DOCTYPE x [ <!ENTITY ns \"<a>\"> ]><svg onload='x'>", Markup::Svg),
            ("<s:svg xmlns:s='http://www.w3.org/2000/svg'>", Markup::Svg),
            ("<?xml version='1.0'?><!DOCTYPE html><html>", Markup::Xhtml),
            ("<?xml version='1.0'?><h:html xmlns:h='x'>", Markup::Xhtml),
            ("<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><a/>", Markup::ActiveXml),
            (
                "<?xml version='1.0'?><a><b xmlns='http://www.w3.org/1999/xhtml'/></a>",
                Markup::ActiveXml,
            ),
            ("<!DOCTYPE a [<!ENTITY b 'b'><!ENTITY c '&b;&b;'>]><a>&c;</a>", Markup::ActiveXml),
            (
                "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a/>",
                Markup::ActiveXml,
            ),
            ("<meta http-equiv=refresh content='0;x'>", Markup::Html),
            ("<?xml version='1.0'?><plist/>", Markup::Xml),
            ("<?xml", Markup::Xml),
        ] {
            assert_eq!(sniff(text), Some(markup), "{text}");
        }
    }

    #[test]
    fn text_that_only_begins_like_markup_is_none() {
        for text in [
            "",
            "<",
            "<3 you",
            "<!-- markdownlint-disable -->\n# Title",
            "<h1 align=center>Readme</h1>",
            "<p>",
            "<svgfoo>",
            "<htmlx",
            "a<html>",
            "<!--",
            "# <script>",
            "<scripted>",
            "< html>",
        ] {
            assert_eq!(sniff(text), None, "{text}");
        }
    }
}
