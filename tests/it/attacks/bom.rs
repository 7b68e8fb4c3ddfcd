//! BOM: small files that become large ones.
