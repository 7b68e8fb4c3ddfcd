-- The right-hand sides all see the row as it was.
UPDATE entries SET
    partial_digest = CASE WHEN ?2 >= byte_offset THEN ?3 ELSE partial_digest END,
    byte_offset = max(byte_offset, ?2),
    touched_at = max(touched_at, ?4),
    length = coalesce(?5, length)
WHERE id = ?1
