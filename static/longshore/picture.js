// @ts-check
/**
 * Pictures of chosen files, shown before a byte has left the machine.
 *
 * @import { Entry } from './entry.js'
 */
import { make } from './element.js';

/** SVG is missing on purpose: it is a document with scripts in it, not a picture. */
const PICTURES = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;
const MOST_PICTURES = 50;

/** @param {Entry} entry */
const drawable = ({ file }) => file !== null && PICTURES.test(file.type);

/** Shows the chosen file in an image that has nothing to show yet. @param {HTMLImageElement} image @param {Entry} entry */
export function draw(image, entry) {
  if (image.src || !drawable(entry)) return;
  image.decoding = 'async';
  image.src = URL.createObjectURL(/** @type {File} */ (entry.file));
  // Once it is decoded, or has turned out to be no picture, the browser may let go of the file.
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => {
    URL.revokeObjectURL(image.src);
    image.remove();
  };
}

/** @param {Entry} entry @param {HTMLElement} place */
export function picture(entry, place) {
  // Decoding hundreds of photographs would stop the page; from some count on the type says enough.
  if (!drawable(entry) || document.querySelectorAll('.upload-preview-image').length >= MOST_PICTURES) return;
  const image = make('img', 'upload-preview-image');
  image.alt = '';
  draw(image, entry);
  place.append(image);
}
