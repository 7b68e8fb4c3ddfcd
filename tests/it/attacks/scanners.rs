//! Checks that ask somebody else, and what a scanner's silence means.
