//! Longshore from outside: a real server, real sockets, real files. Each file holds one behaviour.

// Helpers fail a test by panicking; that is what they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A test is one future, however large, and runs once.
#![allow(clippy::large_futures)]

mod support;

/// Who may see and do what, and from which page.
mod access;
/// The JSON API: stored files and entries, page by page.
mod api;
/// What hostile clients send, row by row of `docs/attacks.md`.
mod attacks;
/// RFC 6455 as Autobahn's suite has it.
mod autobahn;
/// Forms that are no forms.
mod bad_forms;
/// Bytes on a socket that are no frames, or too many of them.
mod bad_frames;
/// What a tampered page may say over its socket.
mod bad_messages;
/// What is different by HTTPS, and who is believed about it.
mod by_https;
/// Who asks, for an application's own routes.
mod callers;
/// Every rule of a slot, through every door, with the same code.
mod constraints_every_door;
/// What an application does with complete files.
mod consuming;
/// The folder that holds everything: locked, kept over a restart, found by its application.
mod data_folder;
/// Which digest a file gets, and what is told of it.
mod digests;
/// A disk that is full, read-only or broken.
mod disk_room;
/// One file by every door.
mod doors_alike;
/// Stored files on their way out: types, parts, and headers that keep them harmless.
mod download;
/// Dropzone: chunks in any order.
mod dropzone;
/// What comes to a page by another way, shown there.
mod elsewhere;
/// An application of its own, with a Longshore below a path.
mod embedding;
/// An upload followed by its events.
mod events;
/// Every operation of store and catalogue fails once, through every door.
mod every_fault;
/// The examples: short, told about in the guide, used by a browser.
mod examples;
/// Live pages at the end of a long way.
mod far_away;
/// FilePond's server protocol, and where its client would lose bytes of a server that is nearly right.
mod filepond;
/// Who may import whom (`DESIGN` §5), read from the sources.
mod floors;
/// The rules of multipart bodies.
mod form_rules;
/// How a WebSocket begins, by RFC 6455.
mod handshakes;
/// The ways to know who asks.
mod identities;
/// Keeping and moving complete files, and fields of events.
mod keeping;
mod kept;
/// Links to files, and files from another origin.
mod links;
/// What the log says of a fault, and how often.
mod logs;
/// What a developer can say wrong, and how it is told.
mod mistakes;
/// What a developer may get wrong about slots, and what it is answered.
mod mistakes_of_slots;
/// Names that climb, hide, break headers or run scripts.
mod names;
/// What refusals tell, and what they keep to themselves.
mod opaque;
/// `docs/parity.md` names tests that exist.
mod parity;
/// Rows of that table that nothing else proves.
mod parity_rows;
/// The IETF draft of resumable uploads, rule by rule, and files in one go.
mod resumable_door;
/// Going on after whatever broke: sockets, tabs, pages, the server.
mod resume;
/// A page that a test furnishes itself.
mod room;
/// Peers that don't speak, don't read, or do both a byte at a time.
mod slow_peers;
/// Filters of templates, and the guide that describes them.
mod templates;
/// Small pictures of stored ones: made, asked for, forgotten, and of nobody else's.
mod thumbnails;
mod tickets;
/// The tus door, rule by rule.
mod tus;
/// The twin with which applications test.
mod twin;
/// Rules of an application's own.
mod validators;
/// What an application's own pages can do.
mod views;
/// Other services, told of files.
mod webhooks;
/// `docs/wire.md` knows every message, field and code that the sources declare.
mod wire_docs;
/// Files that go to an application's own writers.
mod writers;
