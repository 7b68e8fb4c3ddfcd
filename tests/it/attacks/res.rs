//! RES: what runs out.

mod letters;
