-- What an application's own writer answered when it closed, as JSON. Its bytes are not in the store.
ALTER TABLE entries ADD COLUMN writer_result TEXT;
