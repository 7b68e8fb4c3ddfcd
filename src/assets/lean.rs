//! A module without what only people read: comments, indentation, spaces around signs, long private names.
//!
//! The sources of the browser client are written for people, and nothing builds them. Sent as they stand, half of
//! every download would be explanations. So the server takes these off once, when it first serves a module.
//!
//! INVARIANT: strings, templates' texts and regular expressions come out byte for byte, and every line break that
//! could end a statement stays.

use std::collections::HashMap;

use super::tokens::{Kind, Token, is_word, tokens};

/// The same program in fewer bytes.
///
/// It knows the signs of the language and not its grammar, so it relies on the habits of our modules: each statement
/// ends with a semicolon or a brace, none is empty, no list has a hole, and nothing assigns to a constant, which the
/// check of the types would not let pass.
pub(super) fn lean(source: &str) -> String {
    let mut out = String::with_capacity(source.len() / 2);
    let mut gap = Gap::None;
    // Private names, which nobody outside of their class can see.
    let mut names = HashMap::new();
    for Token { kind, mut text } in tokens(source) {
        if kind == Kind::Gap {
            gap = gap.max(if text.contains('\n') { Gap::Line } else { Gap::Space });
            continue;
        }
        // What closes a bracket ends a statement or a list as well.
        let ended = match text {
            "}" => out.ends_with([';', ',']),
            "]" | ")" => out.ends_with(','),
            _ => false,
        };
        if ended && kind == Kind::Sign {
            out.pop();
        }
        space(&mut out, std::mem::take(&mut gap), text.chars().next().unwrap_or_default());
        // One word for constants and variables packs better than two.
        if kind == Kind::Word && text == "const" && !out.ends_with('.') {
            text = "let";
        }
        if kind == Kind::Private {
            let count = names.len();
            out.push('#');
            out.push_str(names.entry(text).or_insert_with(|| short(count)));
        } else {
            out.push_str(text);
        }
    }
    out.push('\n');
    out
}

/// What stood between the last token and the next one.
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

/// Writes of a gap what the language needs.
fn space(out: &mut String, gap: Gap, next: char) {
    let Some(last) = out.chars().next_back() else { return };
    let words = is_word(last) && (is_word(next) || next == '#');
    let doubled = last == next && "+-/".contains(next);
    match gap {
        Gap::Line if !"{}([,;:?=&|<.".contains(last) && !")]},;:?=&|<>.".contains(next) => {
            out.push('\n');
        }
        Gap::Space | Gap::Line if words || doubled => out.push(' '),
        _ => {}
    }
}

/// The same lean program, in which declarations that follow one another are one.
pub(super) fn gather(program: &str) -> String {
    let mut out = String::with_capacity(program.len());
    // Whether the statement before this one is a declaration, and the same for what is outside of the open brackets.
    let (mut declared, mut outside) = (false, Vec::new());
    let mut last = "";
    let mut joined = false;
    for Token { kind, text } in tokens(program) {
        if kind == Kind::Gap {
            out.push_str(if joined { "" } else { text });
            continue;
        }
        joined = text == "let" && last == ";" && declared;
        if joined {
            out.pop();
            out.push(',');
            last = text;
            continue;
        }
        if text == "let" {
            declared = last != "export";
        } else if last == ";" {
            declared = false;
        }
        match text {
            "(" | "[" | "{" => outside.push(std::mem::take(&mut declared)),
            ")" | "]" | "}" => declared = outside.pop().unwrap_or_default(),
            _ => {}
        }
        out.push_str(text);
        last = text;
    }
    out
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
    use super::{gather, lean};

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
        becomes("const /* long */ x = a ? b : c;", "let x=a?b:c;");
    }

    #[test]
    fn words_stay_apart_and_signs_that_would_grow_together_too() {
        becomes("return  typeof x in y;", "return typeof x in y;");
        becomes("a + +b - -c; i = j++ + ++k;", "a+ +b- -c;i=j++ + ++k;");
        becomes("static  #x = new  Map();", "static #a=new Map();");
    }

    #[test]
    fn a_line_break_that_may_end_a_statement_stays() {
        becomes("class A {\n  x = 1\n  y = 2;\n}\nf()\ng()", "class A{x=1\ny=2}f()\ng()");
        becomes("return (\n  a ||\n  b\n);", "return(a||b);");
    }

    #[test]
    fn what_a_bracket_ends_needs_no_sign_of_its_own() {
        becomes(
            "function f() {\n  g([1, 2,], { a, },);\n}\nh();",
            "function f(){g([1,2],{a})}h();",
        );
        becomes("for (;;) {}\nx['},'];", "for(;;){}x['},'];");
    }

    #[test]
    fn a_constant_is_declared_like_any_variable_and_a_property_of_that_name_stays() {
        becomes("for (const x of y.const) z();", "for(let x of y.const)z();");
    }

    #[test]
    fn declarations_that_follow_one_another_are_one() {
        assert_eq!(
            gather("let a=1;let{b}=a;let[c]=b;d();let e=()=>{let f;};let g;"),
            "let a=1,{b}=a,[c]=b;d();let e=()=>{let f;},g;"
        );
        assert_eq!(gather("export let a=1;let b;"), "export let a=1;let b;");
        assert_eq!(
            gather("for(let a=1;a<2;a+=1){let b}let c;"),
            "for(let a=1;a<2;a+=1){let b}let c;"
        );
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
            "#a;#b(){return #a in o&&this.#b}",
        );
    }

    #[test]
    fn what_is_lean_becomes_no_leaner() {
        let once = lean("const a = /x/g; // y\nf(`${ a }  b`, - -1)\ng();");
        assert_eq!(lean(&once), once);
    }
}
