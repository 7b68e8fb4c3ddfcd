/** No client at all: each file is the body of a request. The browser itself decides how many go side by side. */
import { counter, field } from './field.js';

const stored = counter();

field((files) => files.forEach(send));

async function send(file) {
  try {
    const answer = await fetch(`/resumable/files/files/${encodeURIComponent(file.name)}`, { method: 'PUT', body: file });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
    stored();
  } catch (error) {
    window.clock.fail(error);
  }
}
