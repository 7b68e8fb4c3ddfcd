//! Just enough of RFC 6455, the client's side, on a blocking socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Outcome;
use crate::http::{Connection, connect};

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
    frame: Vec<u8>,
    mask: u32,
}

impl Socket {
    pub(crate) fn open(host: &str, path: &str, protocol: &str) -> Outcome<Self> {
        let mut connection = Connection::new(host.to_owned());
        connection.stream = Some(connect(host)?);
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
        );
        connection.open()?.write_all(head.as_bytes())?;
        // The server says nothing before it was greeted, so nothing is behind this head.
        let status = connection.head()?.status;
        if status != 101 {
            return Err(format!("the upgrade was answered with {status}").into());
        }
        let stream = connection.stream.take().ok_or("not connected")?;
        Ok(Self { stream, read: Vec::new(), frame: Vec::new(), mask: 0x5CA1_AB1E })
    }

    pub(crate) fn text(&mut self, text: &str) -> Outcome<()> {
        self.send(TEXT, &[text.as_bytes()])
    }

    /// A data frame in two parts, so that the second needs no copy but the masked one.
    pub(crate) fn binary(&mut self, header: &[u8], payload: &[u8]) -> Outcome<()> {
        self.send(BINARY, &[header, payload])
    }

    fn send(&mut self, opcode: u8, parts: &[&[u8]]) -> Outcome<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.mask = self.mask.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mask = self.mask.to_be_bytes();
        let mut head = vec![0x80 | opcode];
        match length {
            0..126 => head.push(0x80 | length as u8),
            126..65_536 => {
                head.push(0x80 | 126);
                head.extend_from_slice(&(length as u16).to_be_bytes());
            }
            _ => {
                head.push(0x80 | 127);
                head.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        head.extend_from_slice(&mask);
        let mut end = head.len();
        if self.frame.len() < end + length {
            self.frame.resize(end + length, 0);
        }
        self.frame[..end].copy_from_slice(&head);
        for part in parts {
            let begin = end;
            end += part.len();
            mask_into(&mut self.frame[begin..end], part, mask);
        }
        Ok(self.stream.write_all(&self.frame[..end])?)
    }

    /// The next message; waits for it.
    pub(crate) fn receive(&mut self) -> Outcome<Vec<u8>> {
        loop {
            let Some((opcode, payload)) = self.take() else {
                let mut piece = [0; 16 << 10];
                let count = self.stream.read(&mut piece)?;
                if count == 0 {
                    return Err("the server closed the connection".into());
                }
                self.read.extend_from_slice(&piece[..count]);
                continue;
            };
            match opcode {
                TEXT | BINARY => return Ok(payload),
                PING => self.send(PONG, &[&payload])?,
                CLOSE => {
                    let code = payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
                    return Err(format!("the server closed with {code}").into());
                }
                _ => {}
            }
        }
    }

    /// A frame that is there already. A server's is not masked, and ours are never fragmented.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let (length, begin) = match self.read.get(1)? & 0x7F {
            126 => (usize::from(u16::from_be_bytes(*self.read.get(2..)?.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*self.read.get(2..)?.first_chunk()?) as usize, 10),
            short => (usize::from(short), 2),
        };
        let payload = self.read.get(begin..begin + length)?.to_vec();
        let opcode = self.read[0] & 0x0F;
        self.read.drain(..begin + length);
        Some((opcode, payload))
    }
}

/// Copied and masked in one pass, eight bytes at a time, or masking would be what is measured. All parts of a message but the last
/// are multiples of four bytes long, so that each begins with the mask's first byte.
fn mask_into(frame: &mut [u8], part: &[u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = part.as_chunks::<8>();
    let (masked, masked_rest) = frame.as_chunks_mut::<8>();
    for (eight, of) in masked.iter_mut().zip(words) {
        *eight = (u64::from_ne_bytes(*of) ^ word).to_ne_bytes();
    }
    for (index, (byte, of)) in masked_rest.iter_mut().zip(rest).enumerate() {
        *byte = of ^ mask[index & 3];
    }
}
