-- What is kept for each caller, in each slot and in all, so that a quota costs a look at three rows.
-- Rows of entries change in many ways and in one database only, so it is the database that counts.

-- What an entry weighs: see domain/quota.rs. The bound keeps sums from overflowing; what is negative here is a u64
-- that is larger still.
ALTER TABLE entries ADD COLUMN weighs_files INTEGER GENERATED ALWAYS AS (
    CASE
        WHEN piece <> 0 THEN 0
        WHEN state IN ('registered', 'receiving', 'verifying') THEN 1
        WHEN writer_result IS NOT NULL THEN 0
        WHEN state = 'complete' THEN 1
        WHEN state = 'consumed' AND kept_at IS NOT NULL AND lost_at IS NULL THEN 1
        ELSE 0
    END
) VIRTUAL;
ALTER TABLE entries ADD COLUMN weighs_unfinished INTEGER GENERATED ALWAYS AS (
    CASE WHEN piece = 0 AND state IN ('registered', 'receiving', 'verifying') THEN 1 ELSE 0 END
) VIRTUAL;
ALTER TABLE entries ADD COLUMN weighs_bytes INTEGER GENERATED ALWAYS AS (
    CASE
        WHEN state NOT IN ('registered', 'receiving', 'verifying', 'complete', 'consumed') THEN 0
        WHEN state IN ('complete', 'consumed') AND writer_result IS NOT NULL THEN 0
        WHEN state = 'consumed' AND (kept_at IS NULL OR lost_at IS NOT NULL) THEN 0
        WHEN coalesce(length, byte_offset) NOT BETWEEN 0 AND 70368744177664 THEN 70368744177664
        ELSE coalesce(length, byte_offset)
    END
) VIRTUAL;

-- A row for each caller and slot, one for each caller with neither page nor slot, and one for all.
CREATE TABLE usage (
    owner      TEXT NOT NULL,
    page       TEXT NOT NULL,
    slot       TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    files      INTEGER NOT NULL,
    unfinished INTEGER NOT NULL,
    PRIMARY KEY (owner, page, slot)
) STRICT, WITHOUT ROWID;

INSERT INTO usage
    SELECT owner, page, slot, sum(weighs_bytes), sum(weighs_files), sum(weighs_unfinished)
    FROM entries GROUP BY owner, page, slot;
INSERT INTO usage
    SELECT owner, '', '', sum(bytes), sum(files), sum(unfinished) FROM usage GROUP BY owner;
INSERT INTO usage
    SELECT '', '', '', coalesce(sum(bytes), 0), coalesce(sum(files), 0), coalesce(sum(unfinished), 0)
    FROM usage WHERE page = '';

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
