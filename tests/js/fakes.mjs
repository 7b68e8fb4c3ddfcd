/**
 * Stand-ins for what a browser has and Node has not: a link whose other side is the test, and files whose reading can be counted.
 */
import { Uploader } from '../../static/longshore/uploader.js';

export class FakeLink {
  ready = true;
  buffered = 0;
  messages = [];
  frames = [];

  send(message) {
    this.messages.push(message);
  }

  sendBytes(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.frames.push({ stream: view.getUint32(0), offset: Number(view.getBigUint64(8)), length: bytes.length - 16 });
  }

  restart() {}

  again() {}

  /** The messages of one type. */
  of(type) {
    return this.messages.filter((message) => message.type === type);
  }
}

export class FakeFile {
  type = '';

  constructor(name, size, { unreadable = false, fill = 0, lastModified = 1 } = {}) {
    this.name = name;
    this.size = size;
    Object.assign(this, { unreadable, fill, lastModified });
  }

  slice(from, to) {
    return {
      arrayBuffer: async () => {
        if (this.unreadable) throw new Error('NotReadableError');
        return new Uint8Array(Math.min(to, this.size) - from).fill(this.fill).buffer;
      },
    };
  }

  arrayBuffer() {
    return this.slice(0, this.size).arrayBuffer();
  }
}

export const KIB = 1024;

export const RULES = { accept: '', max_entries: 100, max_file_size: 1e9, min_file_size: 0, chunk_size: 64 * KIB, auto_upload: true };

export function welcome(rules = {}, more = {}) {
  return {
    type: 'welcome',
    version: 1,
    session: 's',
    resume: 'token',
    max_frame: 256 * KIB + 16,
    window: 1024 * KIB,
    checksums: false,
    slots: { files: { ...RULES, ...rules } },
    entries: [],
    ...more,
  };
}

/** An uploader that has been welcomed, and the link to watch. */
export function page(rules = {}, more = {}, recall = () => undefined) {
  const link = new FakeLink();
  const changes = [];
  const uploader = new Uploader(link, (entry, gone) => changes.push([entry, gone]), recall);
  uploader.receive(welcome(rules, more));
  const add = (...files) => uploader.add('files', files.map((file) => ({ file })));
  const entries = () => uploader.of('files');
  /** The server takes every file that was registered and not answered yet. */
  const accept = () => {
    let stream = 100;
    for (const { entries: asked } of link.of('register').filter((message) => !message.answered && (message.answered = true))) {
      uploader.receive({ type: 'registered', slot: 'files', entries: asked.map(({ ref }) => ({ ref, id: `id-${ref}`, stream: (stream += 1), offset: 0 })), errors: [] });
    }
  };
  const settle = async () => {
    for (let turn = 0; turn < 200; turn += 1) await null;
  };
  return { link, uploader, changes, add, entries, accept, settle };
}
