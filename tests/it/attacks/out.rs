//! OUT: what we say to others, write into logs and ask the catalogue.

mod letters;
mod lines;
mod queries;
mod ssrf;
