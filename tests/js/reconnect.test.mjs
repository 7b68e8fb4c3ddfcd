import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Socket } from '../../static/longshore/socket.js';
import { FakeFile, KIB, page, welcome } from './fakes.mjs';

let sockets;
let heard;

class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  sent = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    sockets.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  fall(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(data) {
    this.sent.push(JSON.parse(data));
  }

  close() {
    this.readyState = 3;
  }
}

const connect = () => {
  const socket = new Socket('ws://x/files/ws', { message: (message) => heard.push(message.type), down: (reason) => heard.push(reason) });
  socket.connect();
  return socket;
};

beforeEach(() => {
  sockets = [];
  globalThis.WebSocket = FakeSocket;
  heard = [];
  mock.timers.enable({ apis: ['setTimeout'] });
});
afterEach(() => mock.timers.reset());

test('hello is the first word, and declines checksums', () => {
  connect();
  assert.equal(sockets[0].protocol, 'longshore.v1');
  sockets[0].open();
  assert.deepEqual(sockets[0].sent, [{ type: 'hello', checksums: false }]);
});

test('a lost connection comes back and shows the token that it was given', () => {
  const socket = connect();
  sockets[0].open();
  assert.equal(socket.ready, false);
  sockets[0].say(welcome());
  assert.equal(socket.ready, true);
  sockets[0].fall();
  assert.equal(socket.ready, false);
  mock.timers.tick(500);
  sockets[1].open();
  assert.equal(sockets[1].sent[0].resume, 'token');
});

test('a server that shuts down is come back to', () => {
  connect();
  sockets[0].open();
  sockets[0].say(welcome());
  sockets[0].fall(1001);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
});

test('each failure doubles the wait up to a quarter of a minute, with some chance in it', () => {
  mock.method(Math, 'random', () => 1);
  connect();
  sockets[0].open();
  sockets[0].say(welcome());
  for (const wait of [500, 1000, 2000, 4000, 8000, 15000, 15000]) {
    const before = sockets.length;
    sockets.at(-1).fall();
    mock.timers.tick(wait - 1);
    assert.equal(sockets.length, before);
    mock.timers.tick(1);
    assert.equal(sockets.length, before + 1);
  }
  mock.restoreAll();
});

test('when the network is back nobody waits', () => {
  const socket = connect();
  sockets[0].open();
  sockets[0].say(welcome());
  sockets[0].fall();
  socket.hurry();
  assert.equal(sockets.length, 2);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 2);
});

test('three failures before any welcome end in the plain form, for good', () => {
  connect();
  for (let n = 0; n < 3; n += 1) {
    sockets.at(-1).fall();
    mock.timers.tick(20_000);
  }
  assert.deepEqual(heard, ['lost', 'lost', 'unavailable']);
  assert.equal(sockets.length, 3);
});

test('a page that was superseded does not come back', () => {
  const socket = connect();
  sockets[0].open();
  sockets[0].say(welcome());
  sockets[0].fall(4001);
  mock.timers.tick(60_000);
  socket.hurry();
  assert.deepEqual(heard, ['welcome', 'superseded']);
  assert.equal(sockets.length, 1);
});

test('entries that the server hands back go on at its offset', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('film.mov', 3000 * KIB));
  accept();
  await settle();
  const [{ ref }] = entries();
  link.ready = false;
  uploader.down(false);
  assert.equal(entries()[0].state, 'reconnecting');
  link.ready = true;
  link.frames.length = 0;
  const there = { ref, id: 'id', slot: 'files', stream: 7, name: 'film.mov', size: 3000 * KIB, offset: 500, status: 'uploading' };
  uploader.receive(welcome({}, { entries: [there] }));
  await settle();
  assert.deepEqual(link.frames[0], { stream: 7, offset: 500, length: 256 * KIB });
  assert.equal(link.of('register').length, 1);
});

test('a file that was stored while the line was down is not sent twice', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('a.txt', 10));
  accept();
  await settle();
  const [{ ref }] = entries();
  uploader.down(false);
  uploader.receive(welcome({}, { entries: [{ ref, id: 'i', slot: 'files', stream: 0, name: 'a.txt', size: 10, offset: 10, status: 'complete' }] }));
  uploader.receive({ type: 'progress', ref, status: 'complete', url: '/_upload/i/a.txt' });
  assert.equal(entries()[0].state, 'stored');
  assert.equal(link.of('register').length, 1);
});

test('a paused file stays paused over a lost connection', async () => {
  const { uploader, add, entries, accept, settle, link } = page();
  add(new FakeFile('a.txt', 5000 * KIB));
  accept();
  await settle();
  uploader.pause(entries()[0]);
  uploader.down(false);
  uploader.receive(welcome());
  accept();
  link.frames.length = 0;
  await settle();
  assert.equal(entries()[0].state, 'paused');
  assert.equal(link.frames.length, 0);
});

test('what was cancelled while nobody could be told is cancelled at the next welcome', async () => {
  const { link, uploader, add, entries, accept, settle } = page();
  add(new FakeFile('a.txt', 5000 * KIB));
  accept();
  await settle();
  const [entry] = entries();
  link.ready = false;
  uploader.down(false);
  uploader.remove(entry);
  assert.equal(link.of('cancel').length, 0);
  link.ready = true;
  uploader.receive(welcome({}, { entries: [{ ref: entry.ref, id: 'i', slot: 'files', stream: 1, name: 'a.txt', size: 5000 * KIB, offset: 9, status: 'uploading' }] }));
  assert.deepEqual(link.of('cancel'), [{ type: 'cancel', ref: entry.ref }]);
  assert.equal(entries().length, 0);
});
