import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slot } from '../../static/longshore/slot.js';

const photos = new Slot({ accept: '.jpg,.jpeg,.png,.webp', accepts: 'JPG, PNG or WebP', max_entries: 3, max_file_size: 5_000_000, min_file_size: 10 });
const file = (name, size = 1000, type = '') => ({ name, size, type });

test('what breaks a rule is refused with the code and the sentence of the server', () => {
  const table = [
    [file('a.pdf'), 0, 'not_accepted', 'Only JPG, PNG or WebP can be uploaded here.'],
    [file('a.jpg', 12_400_000), 0, 'too_large', '12.4 MB is over the limit of 5 MB.'],
    [file('a.jpg', 5), 0, 'too_small', '5 bytes is under the minimum of 10 bytes.'],
    [file('a.jpg', 0), 0, 'too_small', 'This file is empty. It must have at least 10 bytes.'],
    [file('a.jpg'), 3, 'too_many_files', 'Only 3 files can be uploaded here.'],
    [file('   '), 0, 'empty_name', 'This file has no name.'],
  ];
  for (const [one, taken, code, message] of table) assert.deepEqual(photos.admit(one, taken), { code, message });
});

test('what keeps the rules is admitted, up to the last byte and the last place', () => {
  assert.equal(photos.admit(file('A.JPG', 5_000_000), 2), null);
  assert.equal(photos.admit(file('x.y.webp', 10), 0), null);
});

test('of a near miss the difference is told, because both sizes would read the same', () => {
  assert.equal(photos.admit(file('a.jpg', 5_000_001), 0)?.message, 'This file is 1 byte over the limit of 5 MB.');
});

test('a name that is only the extension is not a file of that kind', () => {
  assert.equal(photos.admit(file('.jpg'), 0)?.code, 'not_accepted');
});

test('a type with a star takes its whole family and nothing beside it', () => {
  const slot = new Slot({ accept: 'image/*, application/PDF' });
  assert.equal(slot.admit(file('a', 1, 'image/png'), 0), null);
  assert.equal(slot.admit(file('a', 1, 'application/pdf'), 0), null);
  assert.equal(slot.admit(file('a', 1, 'imagex/png'), 0)?.code, 'not_accepted');
});

test('a type that the browser does not know is left to the server', () => {
  assert.equal(new Slot({ accept: 'image/*' }).admit(file('a.heic', 1, ''), 0), null);
  assert.equal(photos.admit(file('a.heic', 1, ''), 0)?.code, 'not_accepted');
});

test('a slot without rules takes anything', () => {
  assert.equal(new Slot({ max_file_size: null }).admit(file('anything', 9e15), 1e6), null);
});

test('what is accepted is said in the words of the server', () => {
  const sentence = (rules) => new Slot(rules).admit(file('a.xyz', 1, 'x/y'), 0)?.message;
  assert.equal(sentence({ accept: '.x', accepts: 'special things' }), 'Only special things can be uploaded here.');
  assert.equal(sentence({ accept: '.x' }), 'Only .x can be uploaded here.');
});
