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

mod places;

use std::collections::{HashMap, HashSet};

use super::tokens::{Kind, Token, is_word, tokens};
use places::{Names, Part, Place, RESERVED};

/// The same program with short names, or nothing if there is something in it that can't be told apart.
pub(super) fn shorten(program: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(program).collect();
    let names = Names::read(&all)?;
    let short = choose(&names);
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

/// Which names get which, in the order in which they appear: what is alike then looks alike, and packs better.
fn choose<'a>(names: &Names<'a>) -> HashMap<(Part, &'a str), String> {
    let mut gains: HashMap<(Part, &str), (i64, usize)> = HashMap::new();
    for (at, (place, part)) in &names.places {
        let name = names.texts[*at];
        let length = i64::try_from(name.len()).unwrap_or_default();
        // A name that stands for a property as well is written beside it.
        let (gain, first) =
            gains.entry((names.scope(*part, name), name)).or_insert((0, usize::MAX));
        *first = (*first).min(*at);
        *gain += match place {
            Place::Variable => length - 1,
            Place::Shorthand => -2,
        };
    }
    let mut wanted: Vec<(Part, usize, &str)> = gains
        .into_iter()
        .filter(|((part, name), (gain, _))| {
            *gain > 0 && names.declared.contains(&(*part, *name)) && !names.shared.contains(name)
        })
        .map(|((part, name), (_, first))| (part, first, name))
        .collect();
    // The outermost level comes first, and no part may use a name of it for something else.
    wanted.sort_unstable();
    let everywhere: HashSet<&str> = names.texts.iter().copied().collect();
    let mut outer = HashSet::new();
    let mut chosen = HashMap::new();
    for of_one_part in wanted.chunk_by(|a, b| a.0 == b.0) {
        let part = of_one_part[0].0;
        let within = |at: &usize| part.is_none_or(|part| names.parts[*at] == part);
        let taken: HashSet<&str> = match part {
            None => everywhere.clone(),
            Some(_) => (0..names.texts.len()).filter(within).map(|at| names.texts[at]).collect(),
        };
        let free = |name: &String| {
            let small = name.len() == 1 && name.starts_with(|c: char| c.is_ascii_lowercase());
            let used = taken.contains(name.as_str()) || RESERVED.contains(&name.as_str());
            // The shortest names are for the parts.
            !used && !outer.contains(name) && (part.is_some() || !small)
        };
        let names: Vec<String> = (0..).map(short).filter(free).take(of_one_part.len()).collect();
        for ((_, _, name), short) in of_one_part.iter().zip(names) {
            if part.is_none() {
                outer.insert(short.clone());
            }
            chosen.insert((part, *name), short);
        }
    }
    chosen
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
