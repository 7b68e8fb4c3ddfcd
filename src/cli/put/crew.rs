//! Several files at once: whoever is free takes the next one.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::board::Board;
use super::outcome::Outcome;
use super::plan::{Found, Item, Kind, Taste, walk};
use super::trouble::Trouble;
use super::upload::{Shop, upload};

/// What is to be sent, and by how many.
pub(super) struct Order<'a> {
    pub(super) arguments: &'a [OsString],
    pub(super) name: Option<&'a str>,
    pub(super) taste: Taste,
    pub(super) jobs: usize,
}

/// Sends everything, and tells the board what became of each.
pub(super) fn run(order: &Order<'_>, shop: &Shop<'_>) {
    let (give, take) = sync_channel::<Item>(order.jobs);
    let (take, over) = (Mutex::new(take), AtomicBool::new(false));
    std::thread::scope(|scope| {
        if shop.board.is_drawn() {
            scope.spawn(|| count(order, shop.board));
        }
        for _ in 0..order.jobs {
            scope.spawn(|| work(&take, shop, &over));
        }
        // The senders go with this closure, and the workers when nothing more comes.
        let give = give;
        walk(order.arguments, order.name, order.taste, &mut |found| match found {
            Found::Item(item) => give.send(item).is_ok(),
            Found::Trouble(path, why) => {
                shop.board.end(&Outcome::lost(&path, why));
                true
            }
            Found::LeftOut => {
                shop.board.leave_out();
                true
            }
        });
    });
}

fn work(take: &Mutex<Receiver<Item>>, shop: &Shop<'_>, over: &AtomicBool) {
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(item) = next else { return };
        if over.load(Ordering::Relaxed) {
            let why = "It was not tried: the server can't be reached.".to_owned();
            shop.board.end(&Outcome::of(&item).ended(Err(Trouble::Failed(why))));
            continue;
        }
        let (outcome, reached) = upload(&item, shop);
        // The next file would wait as long for the same server.
        if !reached {
            over.store(true, Ordering::Relaxed);
        }
        shop.board.end(&outcome);
    }
}

fn count(order: &Order<'_>, board: &Board) {
    walk(order.arguments, order.name, order.taste, &mut |found| {
        if let Found::Item(Item { kind: Kind::File(size), .. }) = found {
            board.expect(size);
        }
        true
    });
}
