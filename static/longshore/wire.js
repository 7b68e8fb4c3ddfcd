// @ts-check
/**
 * The words of `longshore.v1`: pure functions from values to bytes and back, without state.
 *
 * @import { Incoming } from './index.js'
 */

export const PROTOCOL = 'longshore.v1';

/** Stream, checksum and offset stand before the payload of every data frame. */
export const HEADER = 16;

/** One message stays well below the server's limit for text, whatever the names are. */
const MAX_BATCH = 50;
const MAX_BATCH_CHARS = 32 * 1024;

/**
 * Its header is written over what lies in front of the payload; only where there is too little the payload is copied.
 *
 * @param {number} stream
 * @param {number} offset
 * @param {Uint8Array<ArrayBuffer>} payload
 */
export function frame(stream, offset, payload) {
  const length = HEADER + payload.length;
  const at = payload.byteOffset - HEADER;
  const bytes = at < 0 ? new Uint8Array(length) : new Uint8Array(payload.buffer, at, length);
  if (at < 0) bytes.set(payload, HEADER);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setBigUint64(0, BigInt(stream) << 32n);
  // The checksum stays zero: TLS and TCP already guard the way, and `hello` declined checksums.
  view.setBigUint64(8, BigInt(offset));
  return bytes;
}

/**
 * @param {unknown} text
 * @returns {Incoming | null} null for whatever isn't a message; a newer server may say more than we know
 */
export function decode(text) {
  if (typeof text !== 'string') return null;
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/**
 * Splits a list so that each part fits into one message.
 *
 * @template T
 * @param {T[]} items
 * @returns {Generator<T[]>}
 */
export function* batches(items) {
  /** @type {T[]} */
  let batch = [];
  let chars = 0;
  for (const item of items) {
    const { length } = JSON.stringify(item);
    chars += length;
    if (batch.length === MAX_BATCH || (batch.length > 0 && chars > MAX_BATCH_CHARS)) {
      yield batch;
      batch = [];
      chars = length;
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}
