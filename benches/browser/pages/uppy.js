/** What Uppy's pages have in common; one without a dashboard shows nothing. */
import Uppy from '@uppy/core';
import Tus from '@uppy/tus';
import XHRUpload from '@uppy/xhr-upload';
import { counter, field } from './field.js';

const options = { autoProceed: true };

/** @param {Uppy} uppy */
function watch(uppy) {
  const stored = counter();
  uppy.on('upload-success', stored);
  uppy.on('upload-error', (file, error) => window.clock.fail(error));
  return uppy;
}

/** By tus, with what it does by itself. */
export const tus = () => watch(new Uppy(options).use(Tus, { endpoint: '/tus/files/files' }));

/** A form's request for each file, with what it does by itself. */
export const xhr = () =>
  watch(
    new Uppy(options).use(XHRUpload, {
      endpoint: '/files',
      fieldName: 'files[]',
      getResponseData: ({ responseText }) => JSON.parse(responseText).files[0],
    }),
  );

/** A field whose files it gets. */
export const bare = (uppy) => field((files) => uppy.addFiles(files.map((data) => ({ name: data.name, type: data.type, data }))));
