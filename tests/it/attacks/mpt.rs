//! MPT: bodies in parts.
