//! Data frames: a header of 16 bytes, big endian, and the payload, which is never copied.

use crc_fast::CrcAlgorithm;

use actix_web::web::Bytes;

/// Bytes before the payload.
pub(in crate::transport::ws) const HEADER: usize = 16;

/// One data frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport::ws) struct DataFrame {
    pub(in crate::transport::ws) stream: u32,
    pub(in crate::transport::ws) crc32c: u32,
    pub(in crate::transport::ws) offset: u64,
    pub(in crate::transport::ws) payload: Bytes,
}

impl DataFrame {
    /// Reads a frame; `None` if it is shorter than its header.
    pub(in crate::transport::ws) fn decode(mut bytes: Bytes) -> Option<Self> {
        let header: [u8; HEADER] = bytes.get(..HEADER)?.try_into().ok()?;
        let [s0, s1, s2, s3, c0, c1, c2, c3, offset @ ..] = header;
        Some(Self {
            stream: u32::from_be_bytes([s0, s1, s2, s3]),
            crc32c: u32::from_be_bytes([c0, c1, c2, c3]),
            offset: u64::from_be_bytes(offset),
            payload: bytes.split_off(HEADER),
        })
    }

    /// True if the payload is what the client meant to send.
    pub(in crate::transport::ws) fn is_intact(&self) -> bool {
        let sum = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, &self.payload);
        sum == u64::from(self.crc32c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed() {
        let payload = Bytes::from_static(b"123456789");
        // The check value of CRC-32C (RFC 3720, appendix B.4 and the catalogue of CRC algorithms).
        let frame = DataFrame { stream: 1, crc32c: 0xe306_9283, offset: 0, payload };
        assert!(frame.is_intact());
        assert!(!DataFrame { payload: Bytes::from_static(b"123456788"), ..frame }.is_intact());
    }
}
