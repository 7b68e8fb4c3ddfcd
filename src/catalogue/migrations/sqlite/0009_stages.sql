-- Nearly all rows are of stored files, and whoever looks for others must not have to walk past those: the sweep for what
-- was taken, a ticket for its own files, a slot for its own. Each stage of life but that one has an index of its own
-- that holds nothing else; nobody lists the stored files of everybody.
DROP INDEX entries_by_state;
CREATE INDEX entries_unfinished ON entries (id) WHERE state IN ('registered', 'receiving', 'verifying');
CREATE INDEX entries_unconsumed ON entries (id) WHERE state = 'complete';
CREATE INDEX entries_taken ON entries (id) WHERE state = 'consumed' AND kept_at IS NULL;

-- The files of an owner in one slot, newest first.
CREATE INDEX entries_stored_by_slot ON entries (owner, page, slot, id) WHERE kept_at IS NOT NULL;

DROP INDEX entries_ticket;
CREATE INDEX entries_by_ticket ON entries (ticket, id) WHERE ticket IS NOT NULL;
