//! Data frames: a header of 16 bytes, big endian, and the payload, which is never copied.

use crc_fast::{CrcAlgorithm, Digest};

use actix_web::web::Bytes;

/// Bytes before the payload.
pub(in crate::transport::ws) const HEADER: usize = 16;

/// One data frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport::ws) struct DataFrame {
    pub(in crate::transport::ws) stream: u32,
    pub(in crate::transport::ws) crc32c: u32,
    pub(in crate::transport::ws) offset: u64,
    /// In pieces none of which is empty.
    pub(in crate::transport::ws) payload: Vec<Bytes>,
}

impl DataFrame {
    /// Reads a frame; `None` if it is shorter than its header.
    pub(in crate::transport::ws) fn decode(mut pieces: Vec<Bytes>) -> Option<Self> {
        let header = split_header(&mut pieces)?;
        let [s0, s1, s2, s3, c0, c1, c2, c3, offset @ ..] = header;
        Some(Self {
            stream: u32::from_be_bytes([s0, s1, s2, s3]),
            crc32c: u32::from_be_bytes([c0, c1, c2, c3]),
            offset: u64::from_be_bytes(offset),
            payload: pieces,
        })
    }

    /// Bytes of payload.
    pub(in crate::transport::ws) fn len(&self) -> u64 {
        self.payload.iter().map(|piece| piece.len() as u64).sum()
    }

    pub(in crate::transport::ws) fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// True if the payload is what the client meant to send.
    pub(in crate::transport::ws) fn is_intact(&self) -> bool {
        let mut sum = Digest::new(CrcAlgorithm::Crc32Iscsi);
        self.payload.iter().for_each(|piece| sum.update(piece));
        sum.finalize() == u64::from(self.crc32c)
    }
}

/// Takes the first bytes off, wherever the pieces part.
fn split_header(pieces: &mut Vec<Bytes>) -> Option<[u8; HEADER]> {
    if pieces.iter().map(Bytes::len).sum::<usize>() < HEADER {
        return None;
    }
    let (mut header, mut have) = ([0; HEADER], 0);
    for piece in pieces.iter_mut() {
        let first = piece.split_to(piece.len().min(HEADER - have));
        header[have..have + first.len()].copy_from_slice(&first);
        have += first.len();
    }
    pieces.retain(|piece| !piece.is_empty());
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed() {
        let frame = |payload: &[&'static str]| {
            let payload =
                payload.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
            // The check value of CRC-32C (RFC 3720, appendix B.4 and the catalogue of CRC algorithms).
            DataFrame { stream: 1, crc32c: 0xe306_9283, offset: 0, payload }
        };
        assert!(frame(&["123456789"]).is_intact());
        assert!(frame(&["1234", "5", "6789"]).is_intact());
        assert!(!frame(&["123456788"]).is_intact());
    }

    #[test]
    fn a_header_is_read_wherever_the_pieces_part() {
        let bytes: Vec<u8> = (1..=20).collect();
        for cut in 1..=20 {
            let pieces = bytes.chunks(cut).map(Bytes::copy_from_slice).collect();
            let frame = DataFrame::decode(pieces).unwrap();
            let header = (0x0102_0304, 0x0506_0708, 0x090a_0b0c_0d0e_0f10);
            assert_eq!((frame.stream, frame.crc32c, frame.offset), header);
            assert_eq!(frame.payload.concat(), [17, 18, 19, 20]);
            assert!(frame.payload.iter().all(|piece| !piece.is_empty()));
        }
        assert_eq!(DataFrame::decode(vec![Bytes::from_static(&[0; 15])]), None);
        assert_eq!(DataFrame::decode(Vec::new()), None);
    }
}
