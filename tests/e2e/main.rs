//! The real binary, real sockets, real signals: what holds when nothing is simulated.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that can't go on has failed.

mod client; // a live client and a form client
mod configuration; // usage errors and their exit codes
mod crash; // kill -9 right behind an answer
mod full_disk; // a full disk, a full inode table, a read-only disk, limits of a process
mod idle; // many open pages at once, and all of them gone
mod memory; // large files and hostile headers cost no memory
mod mounts; // small file systems of their own, for as long as a test runs
mod peers; // connections whose peers don't go on, and those that flood
mod server; // starts and stops the binary
mod shutdown; // SIGTERM drains
