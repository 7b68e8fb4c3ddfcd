SELECT id, entry, occasion, body, created_at, attempts FROM outbox
WHERE receiver = ?1 AND due_at <= ?2 AND dead_at IS NULL
ORDER BY id LIMIT ?3
