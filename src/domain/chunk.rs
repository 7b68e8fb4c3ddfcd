//! `Chunk`: some bytes and where they belong.
//!
//! Offsets come from clients as any 64-bit number. One place decides whether a chunk fits, without
//! arithmetic that could wrap; a sum that wraps is how a server comes to write over finished bytes.

use bytes::Bytes;

/// Bytes for one place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where the first byte belongs, counted from the file's start.
    pub offset: u64,
    /// The bytes; may be empty.
    pub bytes: Bytes,
}

/// Why a chunk doesn't go where it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It doesn't begin where the upload stands.
    #[error("the chunk begins at {got}, the upload is at {expected}")]
    WrongOffset {
        /// Where the upload stands.
        expected: u64,
        /// Where the chunk begins.
        got: u64,
    },
    /// It goes on past the file's end or the slot's limit.
    #[error("the chunk ends at {end}, the limit is {limit}")]
    BeyondEnd {
        /// Where the chunk would end.
        end: u64,
        /// What may not be passed.
        limit: u64,
    },
    /// Its end isn't a number at all.
    #[error("the chunk's end can't be written as a number")]
    Overflow,
}

impl Chunk {
    /// A chunk of these bytes at this offset.
    pub fn new(offset: u64, bytes: impl Into<Bytes>) -> Self {
        Self { offset, bytes: bytes.into() }
    }

    /// How many bytes.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The offset after the last byte; `None` if no 64-bit number says it.
    pub fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.len())
    }

    /// Where the upload stands after this chunk, if it begins exactly at `expected` and doesn't
    /// pass `limit` (both in bytes from the file's start; `None` is no limit).
    ///
    /// # Errors
    /// [`Misfit`]; the offset is judged first, then the end.
    pub fn place(&self, expected: u64, limit: Option<u64>) -> Result<u64, Misfit> {
        if self.offset != expected {
            return Err(Misfit::WrongOffset { expected, got: self.offset });
        }
        let end = self.end().ok_or(Misfit::Overflow)?;
        match limit {
            Some(limit) if end > limit => Err(Misfit::BeyondEnd { end, limit }),
            _ => Ok(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chunk_fits_exactly_or_not_at_all() {
        let chunk = Chunk::new(10, vec![0; 5]);
        assert_eq!(chunk.place(10, Some(15)), Ok(15));
        assert_eq!(chunk.place(10, None), Ok(15));
        assert_eq!(chunk.place(10, Some(14)), Err(Misfit::BeyondEnd { end: 15, limit: 14 }));
        assert_eq!(chunk.place(9, None), Err(Misfit::WrongOffset { expected: 9, got: 10 }));
    }

    #[test]
    fn an_end_past_the_numbers_is_refused() {
        let chunk = Chunk::new(u64::MAX, vec![0; 1]);
        assert_eq!(chunk.place(u64::MAX, None), Err(Misfit::Overflow));
        assert_eq!(Chunk::new(u64::MAX, vec![]).place(u64::MAX, None), Ok(u64::MAX));
    }

    proptest! {
        /// Whatever arrives in whatever order, what is placed is what a plain append would hold.
        #[test]
        fn placing_is_appending(
            limit in proptest::option::of(0_u64..64),
            chunks in proptest::collection::vec((0_u64..64, 0_usize..12), 0..24),
        ) {
            let mut model: Vec<u8> = Vec::new();
            let mut offset = 0;
            for (index, (at, length)) in chunks.into_iter().enumerate() {
                let chunk = Chunk::new(at, vec![index as u8; length]);
                let fits = at == model.len() as u64
                    && limit.is_none_or(|limit| (model.len() + length) as u64 <= limit);
                let placed = chunk.place(offset, limit);
                prop_assert_eq!(placed.is_ok(), fits);
                if let Ok(end) = placed {
                    model.extend_from_slice(&chunk.bytes);
                    offset = end;
                }
                prop_assert_eq!(offset, model.len() as u64);
            }
        }

        #[test]
        fn no_number_wraps_around(
            at: u64, expected: u64, limit: Option<u64>, near_end: bool, length in 0_usize..9,
        ) {
            let at = if near_end { u64::MAX - at % 9 } else { at };
            for expected in [expected, at] {
                match Chunk::new(at, vec![0; length]).place(expected, limit) {
                    Ok(end) => {
                        prop_assert_eq!(u128::from(end), u128::from(at) + length as u128);
                        prop_assert!(expected == at && limit.is_none_or(|limit| end <= limit));
                    }
                    Err(Misfit::WrongOffset { expected: e, got }) => prop_assert!(e != got),
                    Err(Misfit::BeyondEnd { end, limit }) => prop_assert!(end > limit),
                    Err(Misfit::Overflow) => {
                        prop_assert!(u128::from(at) + length as u128 > u128::from(u64::MAX));
                    }
                }
            }
        }
    }
}
