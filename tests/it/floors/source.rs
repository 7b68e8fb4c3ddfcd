//! Just enough of Rust's grammar to see which paths a file names.

/// A path and the line on which it ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) path: Vec<String>,
}

/// The text without comments and without what stands in strings; lines keep their numbers.
pub(super) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    let blank = |out: &mut String, from: usize, to: usize| {
        out.extend(chars[from..to].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    };
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => find(&chars, at, &['\n']),
            ('/', Some('*')) => find(&chars, at + 2, &['*', '/']) + 2,
            ('r', Some('#' | '"')) if raw(&chars, at).is_some() => raw(&chars, at).unwrap_or(at),
            ('"', _) => quoted(&chars, at, '"'),
            ('\'', Some('\\')) => quoted(&chars, at, '\''),
            ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => at + 3,
            _ => {
                out.push(chars[at]);
                at += 1;
                continue;
            }
        };
        let end = end.min(chars.len());
        blank(&mut out, at, end);
        at = end;
    }
    out
}

fn find(chars: &[char], from: usize, what: &[char]) -> usize {
    (from..chars.len()).find(|at| chars[*at..].starts_with(what)).unwrap_or(chars.len())
}

/// Behind the closing quote.
fn quoted(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Behind a raw string that begins here, if one does.
fn raw(chars: &[char], from: usize) -> Option<usize> {
    if from > 0 && (chars[from - 1].is_alphanumeric() || chars[from - 1] == '_') {
        return None;
    }
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(from + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    Some(find(chars, from + 2 + hashes, &end) + end.len())
}

/// The code in front of the unit tests, which stand at the end of a file.
pub(super) fn without_tests(code: &str) -> &str {
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(test)]").map(|at| from + at) {
        let rest = code[at..].trim_start_matches("#[cfg(test)]").trim_start();
        let line = rest.lines().next().unwrap_or_default();
        if line.starts_with("mod ") && line.ends_with('{') {
            return &code[..at];
        }
        from = at + 1;
    }
    code
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

fn tokens(code: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let length = if word(first) {
                let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
                tokens.push((Token::Word(rest[..length].to_owned()), number + 1));
                length
            } else if rest.starts_with("::") {
                tokens.push((Token::Colons, number + 1));
                2
            } else {
                tokens.push((Token::Sign(first), number + 1));
                first.len_utf8()
            };
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Every path of at least two parts, and every imported name; groups are taken apart.
pub(super) fn paths(code: &str) -> Vec<Named> {
    let tokens = tokens(code);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let begins = matches!(tokens[at].0, Token::Word(_))
            && matches!(tokens.get(at + 1), Some((Token::Colons, _)));
        at = if begins { tree(&tokens, at, Vec::new(), &mut found) } else { at + 1 };
    }
    found
}

/// Reads one path or group of paths; answers where it ends.
fn tree(
    tokens: &[(Token, usize)],
    mut at: usize,
    mut prefix: Vec<String>,
    found: &mut Vec<Named>,
) -> usize {
    loop {
        let Some((token, line)) = tokens.get(at) else { return at };
        match token {
            Token::Word(word) => {
                prefix.push(word.clone());
                if !matches!(tokens.get(at + 1), Some((Token::Colons, _))) {
                    found.push(Named { line: *line, path: prefix });
                    return at + 1;
                }
                at += 2;
            }
            Token::Sign('{') => {
                at += 1;
                while at < tokens.len() && tokens[at].0 != Token::Sign('}') {
                    at = tree(tokens, at, prefix.clone(), found);
                    // A renaming belongs to the path before it.
                    while at < tokens.len() && !matches!(tokens[at].0, Token::Sign(',' | '}')) {
                        at += 1;
                    }
                    if matches!(tokens.get(at), Some((Token::Sign(','), _))) {
                        at += 1;
                    }
                }
                return at + 1;
            }
            Token::Sign('*') => {
                prefix.push("*".to_owned());
                found.push(Named { line: *line, path: prefix });
                return at + 1;
            }
            // A turbofish, or a macro's variable.
            Token::Sign(_) | Token::Colons => {
                found.push(Named { line: *line, path: prefix });
                return at.max(1);
            }
        }
    }
}
