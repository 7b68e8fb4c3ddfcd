//! [`Escaped`]: JSON lines of plain ASCII where that matters.
//!
//! JSON wants control characters below 0x20 escaped and lets others stand: C1, DEL and marks of direction, which a
//! terminal that shows the log obeys. They can only stand in strings, so they may be escaped wherever they are.

use std::io::{self, Write};

use crate::domain::disturbs;

/// Writes whole lines, as `tracing` does.
#[derive(Debug)]
pub(super) struct Escaped<W>(pub(super) W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(line) if line.contains(to_escape) => self.0.write_all(escaped(line).as_bytes()),
            _ => self.0.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line break at the end is ours; JSON lets none into a string.
fn to_escape(c: char) -> bool {
    c != '\n' && disturbs(c)
}

fn escaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len() + 32);
    for c in line.chars() {
        match to_escape(c) {
            // None of them is beyond the first plane.
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_the_same_and_shows_it() {
        let said = "a\u{9b}31m\u{7f}\u{202e}\u{2028}Grüße\u{1b}\r\n";
        let line = serde_json::json!({ "name": said }).to_string() + "\n";
        let mut out = Vec::new();
        Escaped(&mut out).write_all(line.as_bytes()).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.chars().filter(|c| disturbs(*c)).collect::<String>(), "\n");
        assert!(out.contains("Grüße"), "{out}");
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(read["name"], said);
    }
}
