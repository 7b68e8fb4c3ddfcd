-- What an upload needs to go on after a restart.
ALTER TABLE entries ADD COLUMN home TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
-- The state of a SHA-256 over the first byte_offset bytes.
ALTER TABLE entries ADD COLUMN partial_digest BLOB;
-- When the bytes of a stored file were found missing.
ALTER TABLE entries ADD COLUMN lost_at INTEGER;

UPDATE entries SET home = session, touched_at = coalesce(settled_at, created_at);

-- What a session left, for when it comes back.
CREATE INDEX entries_by_session ON entries (session, id);
