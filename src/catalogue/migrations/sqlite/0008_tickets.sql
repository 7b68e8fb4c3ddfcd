-- The ticket with which an upload began: it opens no other, and its files are counted.
ALTER TABLE entries ADD COLUMN ticket TEXT;
CREATE INDEX entries_ticket ON entries (ticket) WHERE ticket IS NOT NULL;
