//! Which of SQLite's errors pass: the disk is full, or somebody else has the file.

use rusqlite::Error;

/// `SQLITE_BUSY`: another connection has the file, for longer than ours waits.
const BUSY: i32 = 5;
/// `SQLITE_FULL`: a write to the file or its log found no room.
const FULL: i32 = 13;
/// `SQLITE_IOERR_SHMSIZE`: the index of the log could not grow. SQLite tells no reason, and there is no other
/// than a disk without room on which one would go on.
const NO_ROOM_FOR_THE_INDEX: i32 = 10 | 19 << 8;

/// True if room on the disk would mend it.
pub(super) fn is_full(error: &Error) -> bool {
    code(error).is_some_and(|code| code & 0xff == FULL || code == NO_ROOM_FOR_THE_INDEX)
}

/// True if another program has to let go of the file.
pub(super) fn is_busy(error: &Error) -> bool {
    code(error).is_some_and(|code| code & 0xff == BUSY)
}

/// SQLite's own number, with what it says beyond the first eight bits. It may notice while it still reads a statement.
fn code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(failure, _) | Error::SqlInputError { error: failure, .. } => {
            Some(failure.extended_code)
        }
        _ => None,
    }
}
