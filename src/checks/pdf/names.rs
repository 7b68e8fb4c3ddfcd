//! The names and words of a PDF, as they come: ISO 32000-2, 7.2.3 and 7.3.5.

/// More letters than any name or word that is looked for has, even if each is written as `#6a`.
const LONGEST: usize = 80;

/// Reads byte by byte, and tells of each name and word when it has ended.
#[derive(Debug, Default)]
pub(super) struct Names {
    current: Vec<u8>,
}

/// What has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Without its slash, its `#` sequences read.
    Name(Vec<u8>),
    /// What stands between two delimiters.
    Word(Vec<u8>),
}

impl Names {
    pub(super) fn push(&mut self, byte: u8) -> Option<Token> {
        let ended = if is_regular(byte) { None } else { self.end() };
        if (is_regular(byte) || byte == b'/') && self.current.len() <= LONGEST {
            self.current.push(byte);
        }
        ended
    }

    /// What the end ends.
    pub(super) fn end(&mut self) -> Option<Token> {
        let ended = std::mem::take(&mut self.current);
        match ended.split_first()? {
            (b'/', name) => Some(Token::Name(plain(name))),
            _ => Some(Token::Word(ended)),
        }
    }
}

/// Neither white space nor a delimiter.
fn is_regular(byte: u8) -> bool {
    !matches!(byte, 0 | 9 | 10 | 12 | 13 | 32) && !b"()<>[]{}/%".contains(&byte)
}

fn plain(name: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'#', [high, low, ..]) => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                plain.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_read_as_they_are_meant() {
        let mut names = Names::default();
        let text = b"<</S/J#61vaScript/A#/B(stream)>>stream\n";
        let read: Vec<Token> = text.iter().filter_map(|byte| names.push(*byte)).collect();
        let name = |text: &[u8]| Token::Name(text.to_vec());
        let word = |text: &[u8]| Token::Word(text.to_vec());
        assert_eq!(
            read,
            [
                name(b"S"),
                name(b"JavaScript"),
                name(b"A#"),
                name(b"B"),
                word(b"stream"),
                word(b"stream")
            ]
        );
        assert_eq!(names.end(), None);
    }
}
