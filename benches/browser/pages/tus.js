/** tus-js-client as docs/guides/clients.md has it, without rows. */
import { Upload } from 'tus-js-client';
import { counter, field } from './field.js';

const stored = counter();

field((files) => files.forEach(send));

async function send(file) {
  const upload = new Upload(file, {
    endpoint: '/tus/files/files',
    metadata: { filename: file.name, filetype: file.type },
    retryDelays: [0, 1000, 3000, 5000],
    removeFingerprintOnSuccess: true,
    onSuccess: stored,
    onError: window.clock.fail,
  });
  const [before] = await upload.findPreviousUploads();
  if (before) upload.resumeFromPreviousUpload(before);
  upload.start();
}
