//! Which names and types are active content: files that a browser would run as a page or a script.
//!
//! Such a file, shown from the site's own address, acts with the rights of whoever looks at it.
//! Slots refuse it unless they say otherwise. The bytes are judged too (`checks/magic.rs`), because
//! a name proves nothing.
//!
//! Shortcuts (`.url`, `.lnk`) and what Windows runs in place of a page (`.hta`, `.wsf`) are in the list
//! because whoever opens the download runs them, and nobody who uploads one means well.
//!
//! `.xml` is not in the list although a browser can run XHTML inside XML: plain XML is data far more
//! often, is served as an attachment, and the check of the bytes refuses it when it carries SVG,
//! XHTML or a style sheet.

const EXTENSIONS: &[&str] = &[
    "svg", "svgz", "html", "htm", "xhtml", "xht", "shtml", "shtm", "mht", "mhtml", "hta", "js",
    "mjs", "cjs", "xsl", "xslt", "swf", "jse", "wsf", "htc", "url", "lnk", "webloc", "scf", "jnlp",
];

const TYPES: &[&str] = &[
    "image/svg+xml",
    "text/html",
    "application/xhtml+xml",
    "application/hta",
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
    "text/x-javascript",
    "application/ecmascript",
    "text/ecmascript",
    "text/jscript",
    "application/xslt+xml",
    "text/xsl",
    "multipart/related",
    "multipart/x-mixed-replace",
    "application/x-shockwave-flash",
    "application/x-ms-shortcut",
    "application/internet-shortcut",
];

/// Whether files with this extension (without its dot, in any case) are active content.
pub fn is_active_extension(extension: &str) -> bool {
    EXTENSIONS.iter().any(|active| active.eq_ignore_ascii_case(extension))
}

/// Whether this media type (parameters and case don't matter) is active content.
pub fn is_active_type(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    TYPES.iter().any(|active| active.eq_ignore_ascii_case(essence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_scripts_are_active_in_any_spelling() {
        for extension in ["svg", "SVGZ", "Html", "js", "xht"] {
            assert!(is_active_extension(extension), "{extension}");
        }
        for media_type in ["image/svg+xml", "TEXT/HTML; charset=utf-8", " text/javascript "] {
            assert!(is_active_type(media_type), "{media_type}");
        }
    }

    #[test]
    fn data_is_not_active() {
        for extension in ["xml", "json", "txt", "css", "ts", "pdf", "exe", ""] {
            assert!(!is_active_extension(extension), "{extension}");
        }
        for media_type in ["text/xml", "application/json", "image/png", "", ";"] {
            assert!(!is_active_type(media_type), "{media_type}");
        }
    }
}
