//! [`one_line`]: what others have said, as it may stand in a log.
//!
//! A name with a line break in it writes a second line into a log that believes it, in words that look like ours.
//! Escape sequences make a terminal hide what stands there, and marks of direction make a reader see it in another
//! order.

use std::borrow::Cow;

/// The text with all of that escaped as Rust writes it: `\n`, `\u{1b}`, `\u{202e}`.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(disturbs) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match disturbs(c) {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    Cow::Owned(line)
}

/// Control characters, C1 among them; separators of lines and paragraphs; marks of direction.
#[must_use]
pub fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_and_says_what_it_shows() {
        for (text, expected) in [
            ("plain", "plain"),
            ("Grüße, 世界 🦀", "Grüße, 世界 🦀"),
            ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
            ("\u{1b}[31mred\u{9b}0m\u{7f}\0", "\\u{1b}[31mred\\u{9b}0m\\u{7f}\\u{0}"),
            (
                "a\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}",
                "a\\u{202e}gpj.exe\\u{2066}\\u{200f}\\u{61c}",
            ),
            ("a\u{2028}b\u{2029}c\u{85}", "a\\u{2028}b\\u{2029}c\\u{85}"),
        ] {
            assert_eq!(one_line(text), expected);
        }
        assert!(matches!(one_line("as it is"), Cow::Borrowed(_)));
    }
}
