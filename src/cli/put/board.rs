//! What the user sees: bars on a terminal, lines elsewhere, JSON on standard output if asked for.
//!
//! Standard error is for people and standard output for programs, and neither is waited for by an upload. Whatever a
//! server or a file's name says is shown without control characters.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{
    HumanBytes, HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle,
};
use serde_json::Value;

use super::outcome::{Outcome, Status, Tally};
use super::trouble::plain;

/// Columns for a name.
const NAME: usize = 30;

#[derive(Debug)]
pub(super) struct Board {
    bars: MultiProgress,
    total: ProgressBar,
    quiet: bool,
    json: bool,
    begun: Instant,
    tally: Mutex<Tally>,
}

/// The bar of one file.
#[derive(Debug)]
pub(super) struct Bar<'a> {
    board: &'a Board,
    bar: ProgressBar,
    name: String,
}

impl Board {
    pub(super) fn new(quiet: bool, json: bool) -> Self {
        let drawn = !quiet && std::io::stderr().is_terminal();
        let target =
            if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let total = bars.add(ProgressBar::new(0));
        total.set_style(style(
            "{prefix} {bar:24} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
        ));
        let tally = Mutex::default();
        Self { bars, total, quiet, json, begun: Instant::now(), tally }
    }

    /// True if somebody looks at how much there will be.
    pub(super) fn is_drawn(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// There is so much more than was known.
    pub(super) fn expect(&self, bytes: u64) {
        self.total.inc_length(bytes);
    }

    pub(super) fn begin(&self, name: &str, size: Option<u64>) -> Bar<'_> {
        let bar = self.bars.insert_before(&self.total, ProgressBar::new(size.unwrap_or(0)));
        bar.set_style(match size {
            Some(_) => style("{prefix} {bar:24} {binary_bytes}/{binary_total_bytes} {msg}"),
            None => style("{prefix} {spinner} {binary_bytes} {msg}"),
        });
        bar.set_prefix(format!("{:NAME$}", shortened(&plain(name))));
        Bar { board: self, bar, name: plain(name) }
    }

    /// A file has come to its end.
    pub(super) fn end(&self, outcome: &Outcome) {
        let tally = {
            let mut tally = self.tally();
            tally.count(outcome);
            tally.clone()
        };
        self.total.set_prefix(format!("{:NAME$}", format!("{} stored", tally.stored)));
        let name = plain(&outcome.name);
        match (&outcome.status, &outcome.error) {
            (Status::Stored, _) => {
                let url = outcome.url.as_ref().map_or(String::new(), |url| format!("  {url}"));
                let size = HumanBytes(outcome.size.unwrap_or(0));
                self.say(&format!("stored {name}  {size}{url}"));
            }
            (status, error) => {
                let verb = if *status == Status::Refused { "refused" } else { "failed" };
                let message = error.as_ref().map_or("", |words| &words.message);
                self.complain(&format!("{verb} {name}: {message}"));
            }
        }
        self.tell(&outcome.json());
    }

    pub(super) fn leave_out(&self) {
        self.tally().left_out += 1;
    }

    /// The last words, and whether all is well.
    pub(super) fn close(&self, error: Option<&str>) -> bool {
        self.total.finish_and_clear();
        let (tally, taken) = (self.tally().clone(), self.begun.elapsed());
        if let Some(error) = error {
            self.complain(&plain(error));
        }
        if tally.left_out > 0 {
            self.say(&format!(
                "left out: {} symbolic links or special files (`--follow` sends what links point to)",
                tally.left_out
            ));
        }
        if error.is_none() {
            self.say(&summary(&tally, taken));
        }
        self.tell(&tally.json(taken.as_secs_f64(), false, error));
        error.is_none() && tally.is_well()
    }

    /// The last words of a run that was interrupted.
    pub(super) fn interrupted(&self, remembers: bool) {
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        let tally = self.tally().clone();
        let next = match remembers {
            true => "the same command again goes on from what the server has",
            false => "nothing is remembered, so the same command again begins anew",
        };
        self.say(&format!("interrupted: {} files stored; {next}", tally.stored));
        self.tell(&tally.json(self.begun.elapsed().as_secs_f64(), true, None));
    }

    /// For the user, unless they want to hear of faults only.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.complain(line);
        }
    }

    /// For the user in any case.
    pub(super) fn complain(&self, line: &str) {
        // A standard error that nobody reads any more is no reason to stop.
        self.bars.suspend(|| drop(writeln!(std::io::stderr(), "longshore: {line}")));
    }

    /// For a program.
    fn tell(&self, value: &Value) {
        if self.json {
            self.bars.suspend(|| drop(writeln!(std::io::stdout(), "{value}")));
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bar<'_> {
    /// So much is there.
    pub(super) fn at(&self, offset: u64) {
        let before = self.bar.position();
        self.bar.set_position(offset);
        match offset.checked_sub(before) {
            Some(more) => self.board.total.inc(more),
            None => self.board.total.dec(before - offset),
        }
    }

    /// It is tried again.
    pub(super) fn again(&self, why: &str, tries: u32, of: u32) {
        self.bar.set_message(format!("try {tries} of {of}"));
        self.board.say(&format!("{}: {}; try {tries} of {of}", self.name, plain(why)));
    }

    pub(super) fn goes_on(&self) {
        self.bar.set_message("");
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.board.bars.remove(&self.bar);
    }
}

fn summary(tally: &Tally, taken: Duration) -> String {
    let mut parts = vec![format!("{} stored, {}", tally.stored, HumanBytes(tally.bytes))];
    if tally.refused > 0 {
        parts.push(format!("{} refused", tally.refused));
    }
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    format!("{} in {}", parts.join(", "), spoken(taken))
}

fn spoken(taken: Duration) -> String {
    match taken.as_secs() {
        0..60 => format!("{:.1} s", taken.as_secs_f64()),
        _ => HumanDuration(taken).to_string(),
    }
}

/// A name that fits, with its beginning and its end.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME {
        return name.to_owned();
    }
    let head: String = name.chars().take(NAME / 2 - 1).collect();
    let tail: String = name.chars().skip(count - NAME / 2).collect();
    format!("{head}…{tail}")
}

/// A template of ours is right, as a test says; a wrong one would only look plain.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_beginning_and_their_end() {
        assert_eq!(shortened("a.txt"), "a.txt");
        let long = format!("begin{}end.txt", "x".repeat(50));
        let short = shortened(&long);
        assert_eq!(short.chars().count(), NAME);
        assert!(short.starts_with("begin") && short.ends_with("end.txt"), "{short}");
        let umlauts = "ü".repeat(31);
        assert_eq!(shortened(&umlauts).chars().count(), NAME);
    }

    #[test]
    fn the_last_line_says_what_happened() {
        let tally = Tally { stored: 2, bytes: 2048, failed: 1, ..Tally::default() };
        let line = summary(&tally, Duration::from_secs(3));
        assert_eq!(line, "2 stored, 2.00 KiB, 1 failed in 3.0 s");
        assert_eq!(spoken(Duration::from_secs(120)), "2 minutes");
    }

    #[test]
    fn a_bar_that_goes_back_takes_the_total_with_it() {
        let board = Board::new(true, false);
        board.expect(100);
        let bar = board.begin("a", Some(100));
        bar.at(80);
        bar.at(30);
        bar.at(50);
        assert_eq!(board.total.position(), 50);
    }
}
