//! A module without what only people read: comments, indentation, spaces around signs, long private names.
//!
//! The sources of the browser client are written for people, and nothing builds them. Sent as they stand, half of
//! every download would be explanations. So the server takes these off once, when it first serves a module.
//!
//! INVARIANT: strings, templates' texts and regular expressions come out byte for byte, and every line break that
//! could end a statement stays.

use std::collections::HashMap;

/// The same program in fewer bytes.
///
/// It knows the signs of the language and not its grammar, so it relies on one habit of our modules: each statement
/// ends with a semicolon or a brace.
pub(super) fn lean(source: &str) -> String {
    let mut lean =
        Lean { rest: source, out: String::with_capacity(source.len() / 2), ..Lean::default() };
    while lean.step() {}
    lean.out.push('\n');
    lean.out
}

#[derive(Default)]
struct Lean<'a> {
    rest: &'a str,
    out: String,
    /// What stood between the last token and the next one.
    gap: Gap,
    /// Private names, which nobody outside of their class can see.
    names: HashMap<&'a str, String>,
    /// For each template that is open, how many braces are open within its `${`.
    templates: Vec<usize>,
    /// The last word, for it decides whether a slash divides.
    word: &'a str,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

impl<'a> Lean<'a> {
    /// Takes one token or one gap; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_whitespace() || self.rest.starts_with("//") || self.rest.starts_with("/*") {
            self.skip(first);
            return true;
        }
        self.space(first);
        match first {
            '\'' | '"' => self.quoted(first),
            '`' => self.template(),
            '/' if !self.after_a_value() => self.regular_expression(),
            '#' => self.private_name(),
            _ if is_word(first) => self.word(),
            _ => self.sign(first),
        }
        true
    }

    fn skip(&mut self, first: char) {
        let end = match self.rest {
            text if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
            text if text.starts_with("/*") => text.find("*/").map_or(text.len(), |at| at + 2),
            _ => first.len_utf8(),
        };
        let line = self.rest[..end].contains('\n');
        self.gap = self.gap.max(if line { Gap::Line } else { Gap::Space });
        self.rest = &self.rest[end..];
    }

    /// Writes of a gap what the language needs.
    fn space(&mut self, next: char) {
        let gap = std::mem::take(&mut self.gap);
        let Some(last) = self.out.chars().next_back() else { return };
        let words = is_word(last) && (is_word(next) || next == '#');
        let doubled = last == next && "+-/".contains(next);
        match gap {
            Gap::Line if !"{([,;:?=&|<.".contains(last) && !")]},;:?=&|<>.".contains(next) => {
                self.out.push('\n');
            }
            Gap::Space | Gap::Line if words || doubled => self.out.push(' '),
            _ => {}
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn copy(&mut self, length: usize) {
        let taken = self.take(length);
        self.out.push_str(taken);
        self.word = "";
    }

    fn quoted(&mut self, quote: char) {
        let end = self.closing(1, |text| text.starts_with(quote));
        self.copy(end + 1);
    }

    /// The text of a template up to its end, or to the next `${`.
    fn template(&mut self) {
        let end = self.closing(1, |text| text.starts_with('`') || text.starts_with("${"));
        let inner = self.rest[end..].starts_with("${");
        self.copy(end + 1 + usize::from(inner));
        if inner {
            self.templates.push(0);
        }
    }

    fn regular_expression(&mut self) {
        let mut class = false;
        let end = self.closing(1, |text| {
            class = text.starts_with('[') || (class && !text.starts_with(']'));
            !class && text.starts_with('/')
        });
        self.copy(end + 1);
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

    fn word(&mut self) {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let word = self.take(end);
        self.out.push_str(word);
        self.word = word;
    }

    fn private_name(&mut self) {
        self.take(1);
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let name = self.take(end);
        let count = self.names.len();
        self.out.push('#');
        self.out.push_str(self.names.entry(name).or_insert_with(|| short(count)));
        self.word = "";
    }

    fn sign(&mut self, sign: char) {
        self.copy(sign.len_utf8());
        let Some(open) = self.templates.last_mut() else { return };
        match sign {
            '{' => *open += 1,
            '}' if *open > 0 => *open -= 1,
            // The brace that closes `${`: the template's text goes on behind it.
            '}' => {
                self.templates.pop();
                let end = self.closing(0, |text| text.starts_with('`') || text.starts_with("${"));
                let inner = self.rest[end..].starts_with("${");
                self.copy(end + 1 + usize::from(inner));
                if inner {
                    self.templates.push(0);
                }
            }
            _ => {}
        }
    }

    /// A slash behind a value divides; anywhere else it begins a regular expression.
    fn after_a_value(&self) -> bool {
        const BEFORE_A_VALUE: [&str; 8] =
            ["return", "typeof", "case", "in", "of", "await", "yield", "void"];
        let last = self.out.trim_end().chars().next_back();
        last.is_some_and(|last| is_word(last) || ")]}'\"`".contains(last))
            && !BEFORE_A_VALUE.contains(&self.word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// a, b, … z, then with a number behind.
fn short(count: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(count % 26).unwrap_or_default());
    match count / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[track_caller]
    fn becomes(source: &str, expected: &str) {
        assert_eq!(lean(source), format!("{expected}\n"));
    }

    #[test]
    fn comments_indentation_and_spaces_around_signs_go() {
        becomes(
            "/** What it is. */\nlet a = 1; // one\n\n  f(a, { b: 2 });\n",
            "let a=1;f(a,{b:2});",
        );
        becomes("const /* long */ x = a ? b : c;", "const x=a?b:c;");
    }

    #[test]
    fn words_stay_apart_and_signs_that_would_grow_together_too() {
        becomes("return  typeof x in y;", "return typeof x in y;");
        becomes("a + +b - -c; i = j++ + ++k;", "a+ +b- -c;i=j++ + ++k;");
        becomes("static  #x = new  Map();", "static #a=new Map();");
    }

    #[test]
    fn a_line_break_that_may_end_a_statement_stays() {
        becomes("class A {\n  x = 1\n  y = 2;\n}\nf()\ng()", "class A{x=1\ny=2;}\nf()\ng()");
        becomes("return (\n  a ||\n  b\n);", "return(a||b);");
    }

    #[test]
    fn what_is_in_quotes_is_not_touched() {
        becomes(
            r#"f('a  // b', "/* c */  d", 'it\'s  x');"#,
            r#"f('a  // b',"/* c */  d",'it\'s  x');"#,
        );
    }

    #[test]
    fn a_template_keeps_its_text_and_its_expressions_are_code() {
        becomes(
            "`  a // b ${ f( `${ x }  y` , { z : 1 } ) }  # c \\`  `;",
            "`  a // b ${f(`${x}  y`,{z:1})}  # c \\`  `;",
        );
        becomes("`${ this.#name }  #name`;", "`${this.#a}  #name`;");
    }

    #[test]
    fn a_slash_divides_behind_a_value_and_quotes_nothing() {
        becomes("a / b / 'c  d'; (a) / 2 / `x  y`;", "a/b/'c  d';(a)/2/`x  y`;");
    }

    #[test]
    fn a_regular_expression_is_not_touched() {
        becomes("x.replace(/[/'`]  \\//g, '');", "x.replace(/[/'`]  \\//g,'');");
        becomes("return /a  \"b/.test(c  );", "return/a  \"b/.test(c);");
    }

    #[test]
    fn a_private_name_is_the_same_wherever_it_stands() {
        becomes(
            "#first; #second() { return #first in o && this.#second; }",
            "#a;#b(){return #a in o&&this.#b;}",
        );
    }

    #[test]
    fn what_is_lean_becomes_no_leaner() {
        let once = lean("const a = /x/g; // y\nf(`${ a }  b`, - -1)\ng();");
        assert_eq!(lean(&once), once);
    }
}
