-- The same rules in other words. For a list of three values and more SQLite makes a table of its own each time that it
-- compares something with it; that was four of them for each row, and a fifth of what writing one costs.
DROP TRIGGER usage_more;
DROP TRIGGER usage_less;
DROP TRIGGER usage_other;
DROP INDEX entries_unfinished;
ALTER TABLE entries DROP COLUMN weighs_files;
ALTER TABLE entries DROP COLUMN weighs_unfinished;
ALTER TABLE entries DROP COLUMN weighs_bytes;

CREATE INDEX entries_unfinished ON entries (id)
    WHERE state = 'registered' OR state = 'receiving' OR state = 'verifying';

-- What an entry weighs: see domain/quota.rs. The bound keeps sums from overflowing; what is negative here is a u64
-- that is larger still.
ALTER TABLE entries ADD COLUMN weighs_files INTEGER GENERATED ALWAYS AS (
    CASE
        WHEN piece <> 0 THEN 0
        WHEN state = 'registered' OR state = 'receiving' OR state = 'verifying' THEN 1
        WHEN writer_result IS NOT NULL THEN 0
        WHEN state = 'complete' THEN 1
        WHEN state = 'consumed' AND kept_at IS NOT NULL AND lost_at IS NULL THEN 1
        ELSE 0
    END
) VIRTUAL;
ALTER TABLE entries ADD COLUMN weighs_unfinished INTEGER GENERATED ALWAYS AS (
    CASE
        WHEN piece <> 0 THEN 0
        WHEN state = 'registered' OR state = 'receiving' OR state = 'verifying' THEN 1
        ELSE 0
    END
) VIRTUAL;
ALTER TABLE entries ADD COLUMN weighs_bytes INTEGER GENERATED ALWAYS AS (
    CASE
        WHEN (state = 'complete' OR state = 'consumed') AND writer_result IS NOT NULL THEN 0
        WHEN state = 'consumed' AND (kept_at IS NULL OR lost_at IS NOT NULL) THEN 0
        WHEN state <> 'consumed' AND state <> 'complete'
            AND state <> 'registered' AND state <> 'receiving' AND state <> 'verifying' THEN 0
        WHEN coalesce(length, byte_offset) NOT BETWEEN 0 AND 70368744177664 THEN 70368744177664
        ELSE coalesce(length, byte_offset)
    END
) VIRTUAL;

CREATE TRIGGER usage_more AFTER INSERT ON entries BEGIN
    INSERT INTO usage VALUES
        (NEW.owner, NEW.page, NEW.slot, NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished),
        (NEW.owner, '', '', NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished),
        ('', '', '', NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished)
    ON CONFLICT (owner, page, slot) DO UPDATE SET
        bytes = bytes + excluded.bytes,
        files = files + excluded.files,
        unfinished = unfinished + excluded.unfinished;
END;

CREATE TRIGGER usage_less AFTER DELETE ON entries BEGIN
    INSERT INTO usage VALUES
        (OLD.owner, OLD.page, OLD.slot, -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished),
        (OLD.owner, '', '', -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished),
        ('', '', '', -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished)
    ON CONFLICT (owner, page, slot) DO UPDATE SET
        bytes = bytes + excluded.bytes,
        files = files + excluded.files,
        unfinished = unfinished + excluded.unfinished;
    -- Callers come and go, and most of them only once.
    DELETE FROM usage WHERE owner = OLD.owner AND bytes = 0 AND files = 0 AND unfinished = 0;
END;

-- An entry becomes heavier or lighter.
CREATE TRIGGER usage_other AFTER UPDATE ON entries
WHEN OLD.weighs_bytes <> NEW.weighs_bytes
    OR OLD.weighs_files <> NEW.weighs_files
    OR OLD.weighs_unfinished <> NEW.weighs_unfinished
    OR OLD.owner <> NEW.owner
    OR OLD.page <> NEW.page
    OR OLD.slot <> NEW.slot
BEGIN
    INSERT INTO usage VALUES
        (OLD.owner, OLD.page, OLD.slot, -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished),
        (OLD.owner, '', '', -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished),
        ('', '', '', -OLD.weighs_bytes, -OLD.weighs_files, -OLD.weighs_unfinished),
        (NEW.owner, NEW.page, NEW.slot, NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished),
        (NEW.owner, '', '', NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished),
        ('', '', '', NEW.weighs_bytes, NEW.weighs_files, NEW.weighs_unfinished)
    ON CONFLICT (owner, page, slot) DO UPDATE SET
        bytes = bytes + excluded.bytes,
        files = files + excluded.files,
        unfinished = unfinished + excluded.unfinished;
    DELETE FROM usage WHERE owner = OLD.owner AND bytes = 0 AND files = 0 AND unfinished = 0;
END;
