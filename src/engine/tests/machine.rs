//! Tens of thousands of things that may happen in a row, held against a plain picture of what must be true.
//!
//! Sessions, doors, clock and store are played by commands: honest and dishonest clients, faults, deaths of the
//! process and power cuts between any two operations. After each command the picture is compared with the engine,
//! the catalogue and the disk (I1 to I6 of the design). A sequence that fails is shrunk to the shortest that does,
//! and printed with its seed and what happened; give it a name and add it to [`regressions`].
//!
//! `LONGSHORE_SEED` draws other sequences, `LONGSHORE_SEQUENCES` more of them.

mod command;
mod model;
mod play;
mod regressions;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use self::command::{Command, sequences};
use self::play::Play;

/// What went otherwise than it must.
type Outcome<T = ()> = Result<T, String>;

/// The bytes of a file: a text of its own, cut from a longer one.
#[derive(Clone, Debug)]
struct Text(std::sync::Arc<Vec<u8>>);

impl Text {
    fn of(name: usize) -> Self {
        let line: Vec<u8> = (0..97_usize)
            .map(|at| b'a' + u8::try_from((at * at + name) % 26).unwrap_or(0))
            .collect();
        Self(std::sync::Arc::new(line.repeat(400)))
    }

    fn bytes(&self, from: u64, end: u64) -> &[u8] {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        &self.0[place(from)..place(end)]
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Plays sequences from one seed; panics with the shortest one that goes wrong.
fn play(seed: u64) {
    let cases = u32::try_from(number("LONGSHORE_SEQUENCES", 10_000)).unwrap_or(u32::MAX);
    let seed = number("LONGSHORE_SEED", 0).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let verdict = runner.run(&sequences(), |commands| {
        Play::of(&commands).map_err(|(why, _)| TestCaseError::fail(why))
    });
    if let Err(TestError::Fail(why, commands)) = verdict {
        let log = Play::of(&commands).err().map(|(_, log)| log).unwrap_or_default();
        let commands: Vec<String> = commands.iter().map(|c| format!("{c:?},")).collect();
        panic!(
            "seed {seed}: {why}\nwhat happened:\n  {}\nthe commands:\n  {}",
            log.join("\n  "),
            commands.join("\n  "),
            why = why.message(),
        );
    }
}

/// Plays one sequence that once went wrong.
fn replay(commands: &[Command]) {
    if let Err((why, log)) = Play::of(commands) {
        panic!("{why}\nwhat happened:\n  {}", log.join("\n  "));
    }
}

#[test]
fn whatever_happens_in_a_row_the_picture_holds() {
    play(1);
}

#[test]
fn and_it_holds_from_another_beginning() {
    play(2);
}
