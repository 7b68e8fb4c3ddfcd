/** Files to upload: real ones, since the server looks into them. */
import { createHash, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @param {object} facts `noise` is how much chance is in each pixel; with `raw` nothing is packed, so the file is as large as its pixels
 */
export function png(name, { width = 64, height = 64, from = [20, 120, 140], to = [240, 190, 120], noise = 0, raw = noise > 0 } = {}) {
  const chance = noise > 0 ? randomBytes(width * height * 3) : null;
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const hill = y / height > 0.62 + 0.12 * Math.sin((x / width) * 9 + from[0]) ? 0.55 : 1;
      for (let c = 0; c < 3; c += 1) {
        const clear = (from[c] + ((to[c] - from[c]) * y) / height) * hill;
        const at = (y * width + x) * 3 + c;
        rows[y * (width * 3 + 1) + 1 + x * 3 + c] = chance ? clear * (1 - noise) + chance[at] * noise : clear;
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(rows, { level: raw ? 0 : 6 });
  const buffer = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), piece('IHDR', header), piece('IDAT', data), piece('IEND', Buffer.alloc(0))]);
  return { name, mimeType: 'image/png', buffer };
}

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k += 1) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function piece(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = -1;
  for (const byte of body) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeInt32BE(~crc, body.length + 4);
  return whole;
}

export function pdf(name, size = 2_000) {
  const head = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n');
  const tail = Buffer.from('\ntrailer<</Root 1 0 R>>\n%%EOF\n');
  const filling = Buffer.concat([Buffer.from('%'), Buffer.from(randomBytes(size).toString('hex').slice(0, Math.max(0, size - head.length - tail.length - 1)))]);
  return { name, mimeType: 'application/pdf', buffer: Buffer.concat([head, filling, tail]) };
}

export const bytes = (name, size = 5_000) => ({ name, mimeType: 'application/octet-stream', buffer: randomBytes(size) });

export const text = (name, content = 'Good day.\n') => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

/** What a program for Windows begins with, whatever it calls itself. */
export function program(name, mimeType) {
  const buffer = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0', 'latin1'), Buffer.alloc(48), Buffer.from('PE\0\0L\x01'), randomBytes(4_000)]);
  return { name, mimeType, buffer };
}

export function wav(name, size) {
  const { buffer } = bytes(name, size);
  buffer.write('RIFF', 0);
  buffer.writeUInt32LE(size - 8, 4);
  buffer.write('WAVEfmt ', 8);
  return { name, mimeType: 'audio/wav', buffer };
}

export function zip(name, size) {
  const { buffer } = bytes(name, size);
  buffer.set([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0, 0], 0);
  return { name, mimeType: 'application/zip', buffer };
}
