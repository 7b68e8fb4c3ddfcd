-- What the doors of other clients need to know again.
-- 1 for a piece of a file that comes in pieces, 0 for a file.
ALTER TABLE entries ADD COLUMN piece INTEGER NOT NULL DEFAULT 0;
-- What the entry's door wrote down, in the words of its protocol.
ALTER TABLE entries ADD COLUMN memo TEXT;
