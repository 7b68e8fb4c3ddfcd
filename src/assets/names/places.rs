//! Where the names of a program stand, and what they do there.

use std::collections::{HashMap, HashSet};

use crate::assets::tokens::{Kind, Token, is_word};

/// Words with a meaning of their own in some place.
pub(super) const RESERVED: [&str; 44] = [
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "null",
    "of",
    "return",
    "set",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "false",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "yield",
];
/// A bracket behind them holds a condition and no parameters.
const CONDITIONS: [&str; 4] = ["if", "for", "while", "switch"];
/// A brace behind them begins a block, where behind any other sign it begins an object.
const BEFORE_A_BLOCK: [&str; 11] =
    [")", ";", "{", "}", "=>", "else", "do", "try", "finally", "catch", "static"];
/// And behind these words an object.
const BEFORE_AN_OBJECT: [&str; 7] = ["const", "let", "return", "of", "in", "await", "default"];

/// The number of a part of the program; none for the outermost level.
pub(super) type Part = Option<usize>;

/// What a name does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Variable,
    /// `{ name }`, which is a variable and the name of a property at once.
    Shorthand,
}

/// What a bracket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Block,
    Class,
    Names,
    /// An object, or a pattern that takes one apart.
    Object,
    /// Anything in `(`, in `[` or in a template's `${`.
    Group,
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
struct Open {
    inside: Inside,
    /// Its names are declared by standing in it: parameters, and what `const` takes apart.
    declares: bool,
    /// But not behind the sign of equality, where a value stands.
    value: bool,
}

/// The names of a program and where they stand, counted without gaps.
pub(super) struct Names<'a> {
    pub(super) texts: Vec<&'a str>,
    /// To which part each of the texts belongs.
    pub(super) parts: Vec<usize>,
    pub(super) places: HashMap<usize, (Place, usize)>,
    pub(super) declared: HashSet<(Part, &'a str)>,
    /// Names that others know, too.
    pub(super) shared: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn read(all: &[Token<'a>]) -> Option<Self> {
        let solid: Vec<&Token<'a>> = all.iter().filter(|token| token.kind != Kind::Gap).collect();
        let texts = solid.iter().map(|token| token.text).collect();
        let mut names = Self {
            texts,
            parts: Vec::new(),
            places: HashMap::new(),
            declared: HashSet::new(),
            shared: HashSet::new(),
        };
        let mut open = vec![Open { inside: Inside::Block, declares: false, value: false }];
        let mut class = false;
        let mut part = 0;
        for (at, Token { kind, text }) in solid.into_iter().enumerate() {
            match (kind, *text) {
                (Kind::Text, text) => {
                    if text.starts_with('}') {
                        open.pop();
                    }
                    if text.ends_with("${") {
                        open.push(Open { inside: Inside::Group, declares: false, value: false });
                    }
                }
                (Kind::Sign, "(" | "[" | "{") => {
                    let inside = names.inside(at, &mut class)?;
                    let outer = open.last()?;
                    let declares = names.parameters(at)
                        || ["const", "let"].contains(&names.text(at, -1))
                        || (outer.declares && !outer.value && *text != "(");
                    open.push(Open { inside, declares, value: false });
                }
                (Kind::Sign, ")" | "]" | "}") => {
                    open.pop();
                }
                (Kind::Sign, "=") => open.last_mut()?.value = true,
                (Kind::Sign, ",") => open.last_mut()?.value = false,
                (Kind::Word, name) => {
                    class |= name == "class" && names.text(at, -1) != ".";
                    let outermost = open.len() == 1;
                    names.word(at, *open.last()?, part, outermost);
                }
                _ => {}
            }
            names.parts.push(part);
            let between = match open[..] {
                [_] => [";", "}"].contains(text),
                [_, Open { inside: Inside::Class, .. }] => [";", "}", "{"].contains(text),
                _ => false,
            };
            part += usize::from(between);
        }
        (open.len() == 1).then_some(names)
    }

    /// What stands so many tokens further on; an arrow counts as one where it ends.
    fn text(&self, at: usize, further: isize) -> &'a str {
        let place = at.checked_add_signed(further);
        let text = place.and_then(|place| self.texts.get(place)).copied().unwrap_or_default();
        let before = place.and_then(|place| place.checked_sub(1)).map(|place| self.texts[place]);
        if text == ">" && before == Some("=") { "=>" } else { text }
    }

    fn inside(&self, at: usize, class: &mut bool) -> Option<Inside> {
        if self.texts[at] != "{" {
            return Some(Inside::Group);
        }
        if std::mem::take(class) {
            return Some(Inside::Class);
        }
        match self.text(at, -1) {
            "" => Some(Inside::Block),
            "import" | "export" => Some(Inside::Names),
            text if BEFORE_A_BLOCK.contains(&text) => Some(Inside::Block),
            text if BEFORE_AN_OBJECT.contains(&text) || !text.starts_with(is_word) => {
                Some(Inside::Object)
            }
            _ => None,
        }
    }

    /// Whether the bracket that opens here holds the parameters of a function.
    fn parameters(&self, at: usize) -> bool {
        if self.texts[at] != "(" || CONDITIONS.contains(&self.text(at, -1)) {
            return false;
        }
        let mut depth = 0_usize;
        let close = self.texts[at..].iter().position(|text| {
            match *text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        close.is_some_and(|length| {
            let close = at + length;
            self.text(close, 1) == "{"
                || (self.text(close, 1) == "=" && self.text(close, 2) == "=>")
        })
    }

    fn word(&mut self, at: usize, open: Open, part: usize, outermost: bool) {
        let name = self.texts[at];
        let (before, next) = (self.text(at, -1), self.text(at, 1));
        if RESERVED.contains(&name) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        let spread = before == "." && self.text(at, -2) == ".";
        if before == "." && !spread {
            return;
        }
        let modified = ["get", "set", "async", "static"].contains(&before);
        if open.inside == Inside::Names {
            self.shared.insert(name);
            return;
        }
        let place = match open.inside {
            Inside::Class if modified || [";", "{", "}", "*"].contains(&before) => return,
            Inside::Object if modified || ["{", ","].contains(&before) => match next {
                "," | "}" | "=" => Place::Shorthand,
                _ => return,
            },
            _ => Place::Variable,
        };
        self.places.insert(at, (place, part));
        let keyword = if before == "*" { self.text(at, -2) } else { before };
        if ["const", "let", "function", "class"].contains(&keyword) {
            self.declared.insert((if outermost { None } else { Some(part) }, name));
            let first =
                if self.text(at, -2) == "async" { self.text(at, -3) } else { self.text(at, -2) };
            if first == "export" || self.text(at, -3) == "export" {
                self.shared.insert(name);
            }
        }
        let arrow = next == "=" && self.text(at, 2) == "=>";
        if arrow || (open.declares && !open.value) {
            self.declared.insert((Some(part), name));
        }
    }

    /// Whether it is a bracket around the only parameter of an arrow function, which needs none.
    pub(super) fn lonely(&self, at: usize) -> bool {
        let open = match self.texts[at] {
            "(" => at,
            ")" => at.saturating_sub(2),
            _ => return false,
        };
        self.text(open, 0) == "("
            && self.text(open, 1).starts_with(is_word)
            && self.text(open, 2) == ")"
            && self.text(open, 3) == "="
            && self.text(open, 4) == "=>"
    }

    /// Where a name is declared that stands in a part.
    pub(super) fn scope(&self, part: usize, name: &'a str) -> Part {
        if self.declared.contains(&(None, name)) { None } else { Some(part) }
    }
}
