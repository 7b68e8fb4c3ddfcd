// @ts-check
/**
 * What the server says, and what becomes of the entries by it.
 *
 * @import { Entry } from './entry.js'
 * @import { Incoming, Progress, Registered, RemoteEntry, Welcome } from './index.js'
 * @import { Uploader } from './uploader.js'
 */
import { FAILED } from './problems.js';
import { Slot } from './slot.js';

const MAX_NACKS = 8;

/** Whatever else the server says is for others. @type {Record<string, (uploader: Uploader, message: any) => void>} */
const LISTENERS = { welcome, registered, progress, ack: moved, nack: moved };

/** @param {Uploader} uploader @param {Incoming} message */
export function receive(uploader, message) {
  LISTENERS[message.type]?.(uploader, message);
}

/** @param {Uploader} uploader @param {Welcome} message */
function welcome(uploader, { slots, entries = [] }) {
  for (const [name, rules] of Object.entries(slots)) uploader.slots.set(name, new Slot(rules));
  const remote = new Map(entries.map((there) => [there.ref, there]));
  for (const entry of uploader.all) {
    const there = remote.get(entry.ref);
    remote.delete(entry.ref);
    if (entry.settled) continue;
    if (there) adopt(uploader, entry, there);
    else if (entry.file) anew(uploader, entry);
  }
  // What is left was begun before the page was loaded anew; its file has to be chosen again.
  for (const there of remote.values()) {
    if (there.status !== 'error' && there.status !== 'cancelled') adopt(uploader, uploader.place(there.ref, there), there);
  }
}

/** The server hands it back: go on where it stands. @param {Uploader} uploader @param {Entry} entry @param {RemoteEntry} there */
function adopt(uploader, entry, there) {
  const { id = null, stream, offset, status } = there;
  Object.assign(entry, { id, stream, asked: true, admitted: true });
  entry.back(offset);
  // Why it has failed is said by a message of its own, which comes next.
  if (status === 'error') return;
  if (status !== 'uploading') progress(uploader, there);
  else if (entry.file && entry.state !== 'paused') uploader.proceed(entry);
}

/** This connection knows nothing of it. What the server may still have of it is asked for by its id. @param {Uploader} uploader @param {Entry} entry */
function anew(uploader, entry) {
  // It goes on elsewhere until somebody wants it back.
  if (entry.error) return;
  if (!entry.id) entry.back(0);
  if (entry.state !== 'paused') uploader.set(entry, 'queued');
  if (!entry.admitted) uploader.admit(entry.slot, [entry]);
}

/** @param {Uploader} uploader @param {Registered} message */
function registered(uploader, { entries = [], errors = [] }) {
  for (const { ref, id, stream, offset } of entries) {
    const entry = uploader.entry(ref);
    if (!entry || entry.settled) continue;
    Object.assign(entry, { id, stream });
    entry.back(offset);
    if (entry.state === 'queued') uploader.proceed(entry);
    else uploader.set(entry);
  }
  for (const { ref, ...error } of errors) {
    const entry = uploader.entry(ref);
    if (!entry) continue;
    // It has no more of what it was asked to go on with, so the file begins anew.
    if (!entry.id) uploader.set(entry, () => entry.refuse(error));
    else if (!entry.settled) {
      Object.assign(entry, { id: null, asked: false });
      entry.back(0);
      uploader.set(entry);
    }
  }
}

/** @param {Uploader} uploader @param {{ type: string, stream: number, offset: number }} message */
function moved(uploader, { type, stream, offset }) {
  const entry = uploader.all.find((one) => one.stream === stream && !one.settled);
  if (!entry) return;
  if (type === 'ack') {
    entry.ack(offset);
    uploader.set(entry, entry.state === 'uploading' && entry.acked === entry.size ? 'checking' : undefined);
    return;
  }
  entry.nacks += 1;
  entry.back(offset);
  if (entry.nacks > MAX_NACKS) uploader.end(entry, () => entry.refuse(FAILED));
  else uploader.set(entry, entry.state === 'checking' ? 'uploading' : undefined);
}

/** @param {Uploader} uploader @param {Pick<Progress, 'ref' | 'id' | 'error' | 'url' | 'taken'> & { status: string }} message */
function progress(uploader, { ref, id, status, error = FAILED, url, taken }) {
  const entry = uploader.entry(ref);
  if (!entry) return;
  entry.id = id ?? entry.id;
  if (status === 'verifying') uploader.set(entry, 'checking');
  if (status === 'cancelled') uploader.set(entry, status);
  if (status === 'error') uploader.set(entry, () => entry.refuse(error));
  if (status !== 'complete') return;
  entry.acked = entry.sent = entry.size;
  entry.url = url ?? null;
  uploader.set(entry, url || taken ? 'stored' : 'uploaded');
  // What was stored before the page was loaded is in the page already.
  if (entry.state === 'stored' && !entry.file) uploader.forget(entry);
}
