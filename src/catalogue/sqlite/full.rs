//! Which of SQLite's errors say that the disk is full.

use sqlx::Error;

/// `SQLITE_FULL`: a write to the file or its log found no room.
const FULL: i32 = 13;
/// `SQLITE_IOERR_SHMSIZE`: the index of the log could not grow. SQLite tells no reason, and there is no other
/// than a disk without room on which one would go on.
const NO_ROOM_FOR_THE_INDEX: i32 = 10 | 19 << 8;

/// True if room on the disk would mend it.
pub(super) fn is_full(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == FULL || code == NO_ROOM_FOR_THE_INDEX)
}
