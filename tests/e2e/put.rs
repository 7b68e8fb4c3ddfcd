//! `longshore put`: the real binary against the real server, and against a server of tus that behaves badly.

mod fake; // a server of tus, and its tricks
mod fake_http; // requests as it reads them
mod going_on; // kills of either side, and bad lines
mod hard; // answers that a client has to get right
mod run; // runs the client
mod secrets; // what is told to whom
mod stored; // files, folders, streams, refusals
mod words; // exit codes, JSON, lines
