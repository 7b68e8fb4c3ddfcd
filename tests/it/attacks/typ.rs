//! TYP: bytes that aren't what they are called.
