//! SIZ: sizes, offsets and states.
