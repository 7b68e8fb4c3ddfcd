INSERT INTO entries (
    id, reference, session, owner, page, slot, name, relative_path,
    client_name, client_type, client_size, client_relative_path, client_last_modified, client_sha256,
    length, byte_offset, digest, media_type, created_at, settled_at, kept_at,
    state, rejection_code, rejection_message, rejection_params, writer_result,
    home, touched_at, partial_digest, lost_at, piece, memo, ticket
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
    ?9, ?10, ?11, ?12, ?13, ?14,
    ?15, ?16, ?17, ?18, ?19, ?20, ?21,
    ?22, ?23, ?24, ?25, ?26,
    ?27, ?28, ?29, ?30, ?31, ?32, ?33
)
ON CONFLICT (id) DO NOTHING
