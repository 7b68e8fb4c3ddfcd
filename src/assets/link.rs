//! One module of many: what every page loads comes in one answer, and what is seldom needed stays apart.
//!
//! Two dozen modules that import one another are two dozen requests, some of them only known when others are there,
//! and each is packed alone. So the modules that the entry imports are written one behind the other, in the order in
//! which a browser would run them. Those that are imported while the page runs stay modules of their own, and find
//! in the entry what they import from those within.
//!
//! INVARIANT: no two linked modules have a name in common on their outermost level.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Kind, Token, tokens};

/// Lean modules by their file names.
pub(super) type Modules = BTreeMap<String, String>;

/// The same modules, with all that `entry` imports in it; nothing if they can't be linked.
pub(super) fn link(modules: &Modules, entry: &str) -> Option<Modules> {
    let mut order = Vec::new();
    visit(modules, entry, &mut order)?;
    let within: BTreeSet<&str> = order.iter().copied().collect();
    let mut wanted: BTreeSet<&str> = exported(modules.get(entry)?).collect();
    let mut linked = Modules::new();
    for (name, text) in modules.iter().filter(|(name, _)| !within.contains(name.as_str())) {
        let (imports, body) = imports(text)?;
        let mut head = String::new();
        for Import { names, from } in imports {
            let inner = within.contains(from);
            if inner {
                wanted.extend(names.split(','));
            }
            let from = if inner { entry } else { from };
            head.push_str(&format!("import{{{names}}}from'./{from}';"));
        }
        linked.insert(name.clone(), head + body);
    }
    let mut all = String::new();
    let mut taken = BTreeSet::new();
    for name in order {
        let (_, body) = imports(modules.get(name)?)?;
        if !outermost(body).into_iter().all(|name| taken.insert(name)) {
            return None;
        }
        let mut shown = tokens(body.trim_end()).peekable();
        while let Some(Token { text, .. }) = shown.next() {
            if text == "export" {
                shown.next_if(|token| token.kind == Kind::Gap);
            } else {
                all.push_str(text);
            }
        }
    }
    let wanted: Vec<&str> = wanted.into_iter().collect();
    all.push_str(&format!("export{{{}}};\n", wanted.join(",")));
    linked.insert(entry.to_owned(), all);
    Some(linked)
}

/// A module behind everything that it imports, each once: the order in which they run.
fn visit<'a>(modules: &'a Modules, name: &'a str, order: &mut Vec<&'a str>) -> Option<()> {
    let (imports, _) = imports(modules.get(name)?)?;
    for Import { from, .. } in imports {
        if !order.contains(&from) {
            visit(modules, from, order)?;
        }
    }
    order.push(name);
    Some(())
}

#[derive(Debug)]
struct Import<'a> {
    names: &'a str,
    from: &'a str,
}

/// What a module imports, and what comes behind that; nothing if it does so in a way of its own.
fn imports(mut text: &str) -> Option<(Vec<Import<'_>>, &str)> {
    let mut imports = Vec::new();
    while let Some(rest) = text.strip_prefix("import{") {
        let (names, rest) = rest.split_once("}from'./")?;
        let (from, rest) = rest.split_once("';")?;
        imports.push(Import { names, from });
        text = rest.trim_start();
    }
    let plain = !imports.iter().any(|Import { names, .. }| names.contains(' '));
    (plain && !text.starts_with("import ")).then_some((imports, text))
}

fn words(text: &str) -> Vec<&str> {
    tokens(text).filter(|token| token.kind != Kind::Gap).map(|token| token.text).collect()
}

/// The names that a module exports.
fn exported(text: &str) -> impl Iterator<Item = &str> {
    let words = words(text);
    let at: Vec<usize> = (0..words.len()).filter(|at| words.get(*at) == Some(&"export")).collect();
    at.into_iter().filter_map(move |at| words.get(at + 2).copied())
}

/// The names that a module declares on its outermost level.
fn outermost(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut names = Vec::new();
    let words = words(text);
    for pair in words.windows(2) {
        let (first, name) = (pair[0], pair[1]);
        match first {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            // The code of a template stands in braces as well.
            _ if first.ends_with("${") && !first.starts_with('}') => depth += 1,
            _ if first.starts_with('}') && !first.ends_with("${") => {
                depth = depth.saturating_sub(1)
            }
            "const" | "let" | "function" | "class" if depth == 0 => names.push(name),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{Modules, link};

    fn modules(given: &[(&str, &str)]) -> Modules {
        given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn modules_stand_behind_what_they_import_and_each_stands_there_once() {
        let linked = link(
            &modules(&[
                ("a.js", "import{b}from'./b.js';import{c}from'./c.js';\nexport const a=b+c;\n"),
                ("b.js", "import{c}from'./c.js';export const b=c;\n"),
                ("c.js", "export const c=1;\n"),
            ]),
            "a.js",
        )
        .unwrap();
        assert_eq!(linked["a.js"], "const c=1;const b=c;const a=b+c;export{a};\n");
    }

    #[test]
    fn what_is_imported_later_finds_in_the_entry_what_lies_in_it() {
        let linked = link(
            &modules(&[
                ("a.js", "import{b}from'./b.js';export const a=()=>import('./l.js');\n"),
                ("b.js", "export function b(){}\nexport class C{}\n"),
                ("l.js", "import{b,C}from'./b.js';import{m}from'./m.js';b(C,m);\n"),
                ("m.js", "export const m=1;\n"),
            ]),
            "a.js",
        )
        .unwrap();
        assert_eq!(linked["l.js"], "import{b,C}from'./a.js';import{m}from'./m.js';b(C,m);\n");
        assert!(linked["a.js"].ends_with("export{C,a,b};\n"));
        assert!(!linked.contains_key("b.js"));
    }

    #[test]
    fn two_modules_with_one_name_are_not_linked() {
        let both = [
            ("a.js", "import{b}from'./b.js';const x=b;\n"),
            ("b.js", "const x=1;export const b=x;\n"),
        ];
        assert!(link(&modules(&both), "a.js").is_none());
    }
}
