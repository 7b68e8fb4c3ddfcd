SELECT 0, bytes, files, unfinished FROM usage WHERE owner = ?1 AND page = ?2 AND slot = ?3
UNION ALL
SELECT 1, bytes, files, unfinished FROM usage WHERE owner = ?1 AND page = '' AND slot = ''
UNION ALL
SELECT 2, bytes, files, unfinished FROM usage WHERE owner = '' AND page = '' AND slot = ''
