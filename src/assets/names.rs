//! Short names for what nobody outside of a program can see: its variables, functions, classes and parameters.
//!
//! It reads tokens and no grammar, so it goes by two things that tokens can tell. A name that is declared on the
//! outermost level has one short name wherever it stands for a variable. Any other name that is declared within a
//! function, a member of a class or a statement of the outermost level can't be seen outside of it, and has one short
//! name all over that part. No short name means anything else where it is used, so who is bound to whom can't change.
//! What can't be told it leaves alone.
//!
//! INVARIANT: what a part declares as its own it doesn't also take from the browser; a variable called `document`
//! beside the document would be a trap for people, too.

use std::collections::{HashMap, HashSet};

use super::tokens::{Kind, Token, is_word, tokens};

/// Words with a meaning of their own in some place.
const RESERVED: [&str; 44] = [
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

/// The same program with short names, or nothing if there is something in it that can't be told apart.
pub(super) fn shorten(program: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(program).collect();
    let names = Names::read(&all)?;
    let short = names.choose();
    let mut at = 0;
    let mut out = String::with_capacity(program.len());
    for token in &all {
        if token.kind == Kind::Gap {
            out.push_str(token.text);
            continue;
        }
        let found = names.places.get(&at).and_then(|(place, part)| {
            let scope = names.scope(*part, token.text);
            Some((place, short.get(&(scope, token.text))?))
        });
        match found {
            Some((Place::Variable, name)) => out.push_str(name),
            Some((Place::Shorthand, name)) => out.extend([token.text, ":", name.as_str()]),
            None if names.lonely(at) => {
                if token.text == "(" && out.ends_with(is_word) {
                    out.push(' ');
                }
            }
            None => out.push_str(token.text),
        }
        at += 1;
    }
    Some(out)
}

/// The number of a part of the program; none for the outermost level.
type Part = Option<usize>;

/// What a name does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
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
struct Names<'a> {
    texts: Vec<&'a str>,
    /// To which part each of the texts belongs.
    parts: Vec<usize>,
    places: HashMap<usize, (Place, usize)>,
    declared: HashSet<(Part, &'a str)>,
    /// Names that others know, too.
    shared: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn read(all: &[Token<'a>]) -> Option<Self> {
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
    fn lonely(&self, at: usize) -> bool {
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
    fn scope(&self, part: usize, name: &'a str) -> Part {
        if self.declared.contains(&(None, name)) { None } else { Some(part) }
    }

    /// Which names get which; the most frequent ones the shortest.
    fn choose(&self) -> HashMap<(Part, &'a str), String> {
        let mut gains: HashMap<(Part, &str), (i64, usize)> = HashMap::new();
        for (at, (place, part)) in &self.places {
            let name = self.texts[*at];
            let length = i64::try_from(name.len()).unwrap_or_default();
            // A name that stands for a property as well is written beside it.
            let (gain, first) =
                gains.entry((self.scope(*part, name), name)).or_insert((0, usize::MAX));
            *first = (*first).min(*at);
            *gain += match place {
                Place::Variable => length - 1,
                Place::Shorthand => -2,
            };
        }
        let mut wanted: Vec<(Part, usize, &str)> = gains
            .into_iter()
            .filter(|((part, name), (gain, _))| {
                *gain > 0 && self.declared.contains(&(*part, *name)) && !self.shared.contains(name)
            })
            .map(|((part, name), (_, first))| (part, first, name))
            .collect();
        // The outermost level comes first, and no part may use a name of it for something else.
        wanted.sort_unstable();
        let everywhere: HashSet<&str> = self.texts.iter().copied().collect();
        let mut outer = HashSet::new();
        let mut chosen = HashMap::new();
        for of_one_part in wanted.chunk_by(|a, b| a.0 == b.0) {
            let part = of_one_part[0].0;
            let within = |at: &usize| part.is_none_or(|part| self.parts[*at] == part);
            let taken: HashSet<&str> = match part {
                None => everywhere.clone(),
                Some(_) => (0..self.texts.len()).filter(within).map(|at| self.texts[at]).collect(),
            };
            let free = |name: &String| {
                let small = name.len() == 1 && name.starts_with(|c: char| c.is_ascii_lowercase());
                let used = taken.contains(name.as_str()) || RESERVED.contains(&name.as_str());
                // The shortest names are for the parts.
                !used && !outer.contains(name) && (part.is_some() || !small)
            };
            let names: Vec<String> =
                (0..).map(short).filter(free).take(of_one_part.len()).collect();
            for ((_, _, name), short) in of_one_part.iter().zip(names) {
                if part.is_none() {
                    outer.insert(short.clone());
                }
                chosen.insert((part, *name), short);
            }
        }
        chosen
    }
}

/// a, b, … Z, aa, ba, …
fn short(mut count: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut name = String::new();
    loop {
        name.push(char::from(LETTERS[count % LETTERS.len()]));
        count /= LETTERS.len();
        if count == 0 {
            return name;
        }
        count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[track_caller]
    fn becomes(program: &str, expected: &str) {
        assert_eq!(shorten(program).as_deref(), Some(expected));
    }

    #[test]
    fn each_part_has_its_own_short_names_and_the_outermost_level_has_others() {
        becomes(
            "const first=1;function second(third,fourth){return first+third*fourth;}second(first);",
            "const A=1;function B(a,b){return A+a*b;}B(A);",
        );
        becomes(
            "class Shape{#a=1;area(width){const height=width;return height;}size(height){return height;}}new Shape();",
            "class A{#a=1;area(a){const b=a;return b;}size(a){return a;}}new A();",
        );
    }

    #[test]
    fn properties_keep_their_names() {
        becomes(
            "function f(value){return value.value?.value+g({value:value,other:1})[value];}",
            "function f(a){return a.value?.value+g({value:a,other:1})[a];}",
        );
        becomes(
            "class A{value=1;get value(){}static value(){}async value(value){return[...value];}}",
            "class A{value=1;get value(){}static value(){}async value(a){return[...a];}}",
        );
    }

    #[test]
    fn a_property_that_is_a_variable_too_has_both_names() {
        becomes(
            "function f({value,other:long,third=value}){return{value,long,third,more(){return value+long+third+value;}};}",
            "function f({value:a,other:b,third}){return{value:a,long:b,third,more(){return a+b+third+a;}};}"
                .replace("other:b,third}", "other:b,third=a}")
                .as_str(),
        );
    }

    #[test]
    fn parameters_of_every_kind_are_names_of_ours_and_what_they_default_to_is_not() {
        becomes(
            "const call=(first=document,...rest)=>{try{first(rest);}catch(error){rest(error);}};",
            "const call=(a=document,...b)=>{try{a(b);}catch(c){b(c);}};"
                .replace("call", "A")
                .as_str(),
        );
        becomes("list.map((item)=>item.item);", "list.map(a=>a.item);");
        becomes("if(first){second(third);}", "if(first){second(third);}");
        becomes("for(const[name,item]of list)item(name,name);", "for(const[a,b]of list)b(a,a);");
    }

    #[test]
    fn a_question_with_two_answers_has_variables_on_both_sides() {
        becomes(
            "function f(left,right){return{key:left?right:left};}",
            "function f(a,b){return{key:a?b:a};}",
        );
    }

    #[test]
    fn what_the_browser_has_and_what_others_import_keeps_its_name() {
        becomes(
            "import{other}from'./x.js';export function shown(event){other(event,location);}",
            "import{other}from'./x.js';export function shown(a){other(a,location);}",
        );
    }

    #[test]
    fn a_short_name_is_none_that_is_used_already() {
        becomes("function f(value){return a(value,b);}", "function f(c){return a(c,b);}");
    }

    #[test]
    fn code_in_a_template_is_code_and_its_text_is_not() {
        becomes(
            "function f(value){return`value ${value} value`;}",
            "function f(a){return`value ${a} value`;}",
        );
    }

    #[test]
    fn what_can_not_be_told_apart_is_left_alone() {
        assert_eq!(shorten("label{const value=1;}"), None);
        assert_eq!(shorten("function f(value){"), None);
    }
}
