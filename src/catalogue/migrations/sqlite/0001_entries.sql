-- One row for each entry, one column for each fact. Ids are hyphenated UUIDs as text, so that rows
-- can be read by people and sorted by age; times are milliseconds since the Unix epoch; numbers
-- are the 64 bits of what the code calls u64.
CREATE TABLE entries (
    id                   TEXT NOT NULL PRIMARY KEY,
    reference            TEXT NOT NULL,
    session              TEXT NOT NULL,
    owner                TEXT NOT NULL,
    page                 TEXT NOT NULL,
    slot                 TEXT NOT NULL,
    name                 TEXT NOT NULL,
    relative_path        TEXT,
    -- What the client said. Nobody believes it.
    client_name          TEXT NOT NULL,
    client_type          TEXT,
    client_size          INTEGER,
    client_relative_path TEXT,
    client_last_modified INTEGER,
    client_sha256        TEXT,
    -- What we know.
    length               INTEGER,
    byte_offset          INTEGER NOT NULL,
    digest               TEXT,
    media_type           TEXT,
    created_at           INTEGER NOT NULL,
    settled_at           INTEGER,
    kept_at              INTEGER,
    -- The states are not listed here: a newer version may know more, and an older one must then
    -- be able to say which row it does not understand.
    state                TEXT NOT NULL,
    rejection_code       TEXT,
    rejection_message    TEXT,
    rejection_params     TEXT
) STRICT;

-- The files of an owner, newest first.
CREATE INDEX entries_stored_by_owner ON entries (owner, id) WHERE kept_at IS NOT NULL;

-- What the sweep and the recovery look for, and the files of everybody.
CREATE INDEX entries_by_state ON entries (state, id);
