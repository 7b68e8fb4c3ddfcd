-- The oldest beyond the bound; the newest are worth more to whoever is back at last.
UPDATE outbox SET dead_at = ?2, trouble = 'too many waited for this receiver'
WHERE rowid IN (
    SELECT rowid FROM outbox WHERE receiver = ?1 AND dead_at IS NULL
    ORDER BY id DESC LIMIT -1 OFFSET ?3
)
