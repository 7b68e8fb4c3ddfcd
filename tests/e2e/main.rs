//! The real binary, real sockets, real signals: what holds when nothing is simulated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that can't go on has failed.
#![allow(clippy::print_stdout)] // Figures and seeds.

mod bad_line; // connections that are cut, reset, stalled and slowed
mod clamd; // a real virus scanner
mod client; // a live client and a form client
mod configuration; // usage errors and their exit codes
mod crash; // kill -9 right behind an answer
mod data_folder; // any umask, and a disk that is taken away
mod disk; // a file system whose power can be cut
mod failing_calls; // system calls that fail
mod full_disk; // a full disk, a full inode table, a read-only disk, limits of a process
mod hostile; // honest uploads beside a mob of hostile clients
mod idle; // many open pages at once, and all of them gone
mod joining; // kill -9 while parts are joined
mod kill_9; // kill -9 at random moments of many uploads
mod logs; // forged lines, secrets, floods
mod memory; // large files and hostile headers cost no memory
mod mounts; // small file systems of their own, for as long as a test runs
mod order; // the order of the system calls behind an answer
mod outbox; // letters to other services, and kill -9 before they are sent
mod pauses; // uploads that stop for a while
mod peers; // connections whose peers don't go on, and those that flood
mod power_cut; // power cuts at random moments of many uploads
mod proxy; // a bad line
mod put; // the command-line client
mod recovery; // how long a start with much to recover takes
mod rig; // clients, blows and audits
mod server; // starts and stops the binary
mod shutdown; // SIGTERM drains
mod strace; // what the server asks of the kernel
mod tickets; // permissions that the command line makes
mod tls; // a certificate in the process
