//! OUT: what we say to others, write into logs and ask the catalogue.
