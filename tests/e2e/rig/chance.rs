//! [`Chance`]: random choices that a seed repeats.
//!
//! Two processes never meet twice in the same way, so a seed doesn't repeat a run. It does repeat what was sent, how it
//! was cut to pieces and when a blow was meant to fall, and that has been enough to meet a fault again.

use std::ops::Range;

use uuid::Uuid;

/// A source of choices (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed of this run: `RIG_SEED`, or a new one. It is printed, so that a failure can be looked for again.
    pub(crate) fn of_this_run(rig: &str) -> Self {
        let given = super::figures::setting("RIG_SEED");
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0 >> 32);
        println!("{rig}: RIG_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A source of its own, so that what one client does doesn't depend on what another did.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = usize::try_from(self.within(0..choices.len() as u64)).unwrap();
        &choices[at]
    }

    /// The size of a file: empty, tiny, at the borders where the server changes its ways, or anything.
    pub(crate) fn size(&mut self, largest: u64) -> u64 {
        let size = match self.within(0..10) {
            0 => 0,
            1 => self.within(1..100),
            2 => self.within(8_190..8_195),
            3 => self.within(262_142..262_147),
            4..=7 => self.within(1..1 << 20),
            _ => self.within(1 << 20..(1 << 20) + largest),
        };
        size.min(largest)
    }
}
