-- Letters to receivers outside: one row for each receiver that has not got it yet.
CREATE TABLE outbox (
    -- The letter, a UUID of version 7: later letters have greater ids.
    id         TEXT NOT NULL,
    receiver   TEXT NOT NULL,
    entry      TEXT NOT NULL,
    occasion   TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Not to be tried before this time.
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- What went wrong last.
    trouble    TEXT,
    -- When it was given up. It lies here a while for whoever wants to know.
    dead_at    INTEGER,
    PRIMARY KEY (receiver, id)
) STRICT;

-- What a receiver may be told now.
CREATE INDEX outbox_due ON outbox (receiver, due_at) WHERE dead_at IS NULL;
-- What is kept of those that were given up.
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
