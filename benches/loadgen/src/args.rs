//! `--key value`, as often as one likes.

use crate::Outcome;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args(Vec<(String, String)>);

impl Args {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Outcome<Self> {
        let words: Vec<String> = words.collect();
        let mut pairs = Vec::new();
        for pair in words.chunks(2) {
            let key =
                pair[0].strip_prefix("--").ok_or_else(|| format!("--key, not {}", pair[0]))?;
            let value = pair.get(1).ok_or_else(|| format!("--{key} wants a value"))?;
            pairs.push((key.to_owned(), value.clone()));
        }
        Ok(Self(pairs))
    }

    /// The last value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self, key: &str, default: &str) -> String {
        self.get(key).unwrap_or(default).to_owned()
    }

    /// A number, perhaps of KiB, MiB or GiB: `256k`.
    pub(crate) fn number(&self, key: &str, default: usize) -> Outcome<usize> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let digits = value.trim_end_matches(['k', 'm', 'g']);
        let shift = match &value[digits.len()..] {
            "" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            _ => return Err(format!("--{key} {value} is no number").into()),
        };
        let number: usize = digits.parse().map_err(|error| format!("--{key} {value}: {error}"))?;
        Ok(number << shift)
    }
}
