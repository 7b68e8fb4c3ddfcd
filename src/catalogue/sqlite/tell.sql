INSERT INTO outbox (id, receiver, entry, occasion, body, created_at, due_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (receiver, id) DO NOTHING
