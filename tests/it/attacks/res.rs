//! RES: what runs out.
