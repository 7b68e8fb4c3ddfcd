//! The signs of the language in which the browser client is written, one after the other.
//!
//! It knows tokens and no grammar: enough to tell a comment from a string, and a division from a regular expression.

/// A piece of a module; together they are the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Spaces, line breaks, comments.
    Gap,
    /// A name, a keyword or a number.
    Word,
    /// A `#name`.
    Private,
    /// A string, a regular expression, or a template's text with what begins and ends it.
    Text,
    /// Anything else, one character at a time.
    Sign,
}

/// Reads tokens off a module.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// For each template that is open, how many braces are open within its `${`.
    templates: Vec<usize>,
    /// The last token that isn't a gap, for it decides whether a slash divides.
    last: Option<Token<'a>>,
}

/// All tokens of a module, in their order.
pub(super) fn tokens(source: &str) -> Tokens<'_> {
    Tokens { rest: source, templates: Vec::new(), last: None }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.rest.chars().next()?;
        let (kind, length) = match first {
            _ if first.is_whitespace() || self.comment() => (Kind::Gap, self.gap(first)),
            '\'' | '"' => (Kind::Text, self.closing(1, |text| text.starts_with(first)) + 1),
            '`' => (Kind::Text, self.template(1)),
            '}' if self.templates.last() == Some(&0) => {
                self.templates.pop();
                (Kind::Text, self.template(1))
            }
            '/' if !self.after_a_value() => (Kind::Text, self.regular_expression()),
            '#' => (Kind::Private, 1 + word(&self.rest[1..])),
            _ if is_word(first) => (Kind::Word, word(self.rest)),
            _ => (Kind::Sign, self.sign(first)),
        };
        let (text, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        let token = Token { kind, text };
        if kind != Kind::Gap {
            self.last = Some(token);
        }
        Some(token)
    }
}

impl Tokens<'_> {
    fn comment(&self) -> bool {
        self.rest.starts_with("//") || self.rest.starts_with("/*")
    }

    fn gap(&self, first: char) -> usize {
        match self.rest {
            text if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
            text if text.starts_with("/*") => text.find("*/").map_or(text.len(), |at| at + 2),
            _ => first.len_utf8(),
        }
    }

    /// The text of a template up to its end, or to the next `${`.
    fn template(&mut self, from: usize) -> usize {
        let end = self.closing(from, |text| text.starts_with('`') || text.starts_with("${"));
        let inner = self.rest[end..].starts_with("${");
        if inner {
            self.templates.push(0);
        }
        end + 1 + usize::from(inner)
    }

    fn regular_expression(&self) -> usize {
        let mut class = false;
        let end = self.closing(1, |text| {
            class = text.starts_with('[') || (class && !text.starts_with(']'));
            !class && text.starts_with('/')
        });
        end + 1
    }

    /// Where something ends that begins here, behind its first bytes; what a backslash protects is no end.
    fn closing(&self, from: usize, mut ends: impl FnMut(&str) -> bool) -> usize {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(from) {
            if std::mem::take(&mut escaped) {
                continue;
            }
            escaped = c == '\\';
            if !escaped && ends(&self.rest[at..]) {
                return at;
            }
        }
        self.rest.len()
    }

    fn sign(&mut self, sign: char) -> usize {
        if let Some(open) = self.templates.last_mut() {
            match sign {
                '{' => *open += 1,
                '}' => *open -= 1,
                _ => {}
            }
        }
        sign.len_utf8()
    }

    /// A slash behind a value divides; anywhere else it begins a regular expression.
    fn after_a_value(&self) -> bool {
        const BEFORE_A_VALUE: [&str; 8] =
            ["return", "typeof", "case", "in", "of", "await", "yield", "void"];
        self.last.is_some_and(|Token { kind, text }| match kind {
            Kind::Word => !BEFORE_A_VALUE.contains(&text),
            Kind::Sign => [")", "]", "}"].contains(&text),
            // Behind the `${` of a template a value is still to come.
            _ => !text.ends_with("${"),
        })
    }
}

fn word(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// Whether it may stand in a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    #[test]
    fn tokens_together_are_the_module() {
        let source =
            "/** a */ const b = `c ${ d / 2 } ${'}'} e`.replace(/[/]\\//g, '') / 2; // f\n#g";
        assert_eq!(tokens(source).map(|token| token.text).collect::<String>(), source);
    }

    #[test]
    fn what_is_quoted_is_one_token_and_code_in_a_template_is_code() {
        let texts: Vec<_> = tokens("`a ${b({ c: `d` })} e` / /f/ / 'g'")
            .filter(|token| token.kind == Kind::Text)
            .map(|token| token.text)
            .collect();
        assert_eq!(texts, ["`a ${", "`d`", "} e`", "/f/", "'g'"]);
    }
}
