//! What may happen, as values: sequences of them are drawn, shrunk and printed.
//!
//! A command names sessions, entries and leases by their age: 0 is the newest there is, and what isn't there makes
//! the command mean nothing. So every sequence means something, also with some of its commands taken out.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use crate::blob::faulty::Fault;
use crate::blob::frail::Luck;
use crate::engine::{Keep, Lifetime};

#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    /// A page is opened, for as long as it is open or for one request.
    Open {
        caller: usize,
        lifetime: Lifetime,
    },
    /// A file is registered; its size is declared or not.
    Register {
        session: usize,
        size: u64,
        declared: bool,
    },
    Claim {
        entry: usize,
    },
    Push {
        lease: usize,
        at: At,
        length: Length,
    },
    Release {
        lease: usize,
    },
    /// The door goes away without a word.
    Drop {
        lease: usize,
    },
    Finish {
        lease: usize,
    },
    /// It is being finished, and so many turns later something else happens to it.
    Race {
        lease: usize,
        rival: Rival,
        turns: usize,
    },
    Cancel {
        entry: usize,
    },
    Consume {
        entry: usize,
        keep: Keep,
    },
    /// Its owner opens a file, and leaves it where it is.
    Look {
        entry: usize,
    },
    /// A stored file is removed.
    Remove {
        entry: usize,
    },
    /// Somebody else tries everything.
    Meddle {
        entry: usize,
    },
    /// A page comes back after its process died: its session takes up what it had.
    Resume {
        session: usize,
    },
    /// A session takes up an entry that it knows from before.
    Adopt {
        entry: usize,
        session: usize,
    },
    /// A session's grace time is over.
    Abandon {
        session: usize,
    },
    /// Everything comes to rest.
    Rest,
    Wait {
        time: Duration,
    },
    Sweep,
    /// An operation fails: the one so many from now.
    Fault {
        within: u64,
        fault: Fault,
    },
    /// The process dies now.
    Die,
    /// The process dies at an operation so many from now.
    DieAt {
        within: u64,
        done: bool,
    },
    /// The power goes.
    PowerCut {
        luck: [Luck; 3],
    },
}

/// Who comes between a finish and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rival {
    Cancel,
    Claim,
    /// The grace time of its session is over.
    Abandon,
}

/// Where a chunk says that it belongs.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Right,
    Behind,
    Ahead,
}

/// How long a chunk is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Bytes(u64),
    /// What is missing.
    Missing,
    /// More than what is missing.
    TooMuch,
}

/// Sizes around those at which something begins to be different.
const SIZES: [u64; 8] = [0, 1, 100, 5_000, 8_191, 8_192, 8_193, 20_000];

fn any_command() -> impl Strategy<Value = Command> {
    use Command as C;
    let newest = 0..3_usize;
    let at = prop_oneof![8 => Just(At::Right), 1 => Just(At::Behind), 1 => Just(At::Ahead)];
    let length = prop_oneof![
        4 => select(&[1_u64, 50, 4_095, 5_000, 8_192, 10_000][..]).prop_map(Length::Bytes),
        5 => Just(Length::Missing),
        1 => Just(Length::TooMuch),
    ];
    let lifetime = prop_oneof![3 => Just(Lifetime::Session), 1 => Just(Lifetime::Request)];
    let rival = select(&[Rival::Cancel, Rival::Claim, Rival::Abandon][..]);
    let keep = prop_oneof![2 => Just(Keep::Yes), 1 => Just(Keep::No)];
    let hours = select(&[1_u64, 20, 40, 70, 200][..]);
    prop_oneof![
        2 => (0..2_usize, lifetime)
            .prop_map(|(caller, lifetime)| C::Open { caller, lifetime }),
        7 => (0..2_usize, select(&SIZES[..]), prop::bool::weighted(0.8))
            .prop_map(|(session, size, declared)| C::Register { session, size, declared }),
        7 => newest.clone().prop_map(|entry| C::Claim { entry }),
        14 => (newest.clone(), at, length)
            .prop_map(|(lease, at, length)| C::Push { lease, at, length }),
        3 => newest.clone().prop_map(|lease| C::Release { lease }),
        2 => newest.clone().prop_map(|lease| C::Drop { lease }),
        8 => newest.clone().prop_map(|lease| C::Finish { lease }),
        4 => (newest.clone(), rival, 0..24_usize)
            .prop_map(|(lease, rival, turns)| C::Race { lease, rival, turns }),
        2 => newest.clone().prop_map(|entry| C::Cancel { entry }),
        5 => (newest.clone(), keep).prop_map(|(entry, keep)| C::Consume { entry, keep }),
        1 => newest.clone().prop_map(|entry| C::Look { entry }),
        2 => newest.clone().prop_map(|entry| C::Remove { entry }),
        1 => newest.clone().prop_map(|entry| C::Meddle { entry }),
        3 => (0..2_usize).prop_map(|session| C::Resume { session }),
        3 => (newest.clone(), 0..2_usize)
            .prop_map(|(entry, session)| C::Adopt { entry, session }),
        1 => newest.prop_map(|session| C::Abandon { session }),
        3 => Just(C::Rest),
        2 => hours.prop_map(|minutes| C::Wait { time: Duration::from_secs(minutes * 60) }),
        2 => Just(C::Sweep),
        2 => (1..8_u64, select(&Fault::ERRORS[..]))
            .prop_map(|(within, fault)| C::Fault { within, fault }),
        1 => Just(C::Die),
        1 => (1..8_u64, any::<bool>()).prop_map(|(within, done)| C::DieAt { within, done }),
        1 => prop::array::uniform3(select(&Luck::ALL[..])).prop_map(|luck| C::PowerCut { luck }),
    ]
}

/// Sequences of commands.
pub(super) fn sequences() -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(any_command(), 1..40)
}
