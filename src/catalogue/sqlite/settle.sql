INSERT INTO entries (
    id, reference, session, owner, page, slot, name, relative_path,
    client_name, client_type, client_size, client_relative_path, client_last_modified, client_sha256,
    length, byte_offset, digest, media_type, created_at, settled_at, kept_at,
    state, rejection_code, rejection_message, rejection_params, writer_result
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8,
    $9, $10, $11, $12, $13, $14,
    $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24, $25, $26
)
ON CONFLICT (id) DO UPDATE SET
    reference = excluded.reference,
    session = excluded.session,
    owner = excluded.owner,
    page = excluded.page,
    slot = excluded.slot,
    name = excluded.name,
    relative_path = excluded.relative_path,
    client_name = excluded.client_name,
    client_type = excluded.client_type,
    client_size = excluded.client_size,
    client_relative_path = excluded.client_relative_path,
    client_last_modified = excluded.client_last_modified,
    client_sha256 = excluded.client_sha256,
    length = excluded.length,
    byte_offset = excluded.byte_offset,
    digest = excluded.digest,
    media_type = excluded.media_type,
    created_at = excluded.created_at,
    settled_at = excluded.settled_at,
    kept_at = excluded.kept_at,
    state = excluded.state,
    rejection_code = excluded.rejection_code,
    rejection_message = excluded.rejection_message,
    rejection_params = excluded.rejection_params,
    writer_result = excluded.writer_result
