//! TUS: what only resumable uploads can be asked.
