// @ts-check
/**
 * What may be uploaded under a name, checked before a byte is sent.
 *
 * The server checks everything again and its word counts. This copy exists so that a refusal comes at once, with the same
 * code and the same sentence, instead of after a minute's upload.
 *
 * @import { Problem, Rules } from './index.js'
 */
import { size } from './format.js';

/** How people write the formats that aren't simply capitals. */
const SPELLINGS = new Map([
  ['jpeg', 'JPG'], ['webp', 'WebP'], ['webm', 'WebM'], ['htm', 'HTML'], ['tif', 'TIFF'], ['plain', 'text files'], ['svg+xml', 'SVG'],
  ['image/*', 'images'], ['video/*', 'videos'], ['audio/*', 'audio'], ['text/*', 'text files'], ['font/*', 'fonts'],
]);

export class Slot {
  name;
  /** Whether files go as soon as they are chosen, or when the form is submitted. */
  auto;
  max;
  chunk;
  #least;
  #most;
  #accept;
  /** The server's own words for what it accepts, where it says them. */
  #words;

  /**
   * @param {string} name
   * @param {Rules} rules
   */
  constructor(name, rules) {
    this.name = name;
    this.auto = rules.auto_upload !== false;
    this.max = rules.max_entries || Infinity;
    this.chunk = rules.chunk_size ?? 0;
    this.#least = rules.min_file_size ?? 0;
    this.#most = rules.max_file_size ?? Infinity;
    this.#words = rules.accepts;
    const accept = rules.accept ?? '';
    this.#accept = (Array.isArray(accept) ? accept : accept.split(',')).map((type) => type.trim().toLowerCase()).filter(Boolean);
  }

  get accept() {
    return this.#accept.join(',');
  }

  /**
   * @param {{ name: string, size: number, type: string }} file
   * @param {number} taken how many files hold a place already
   * @returns {Problem | null}
   */
  admit(file, taken) {
    if (!file.name.trim()) return { code: 'empty_name', message: 'This file has no name.' };
    if (!this.#accepts(file)) return { code: 'not_accepted', message: `Only ${this.#types()} can be uploaded here.` };
    if (file.size > this.#most) return { code: 'too_large', message: compare(file.size, 'over the limit of', this.#most) };
    if (file.size < this.#least) {
      const empty = `This file is empty. It must have at least ${size(this.#least)}.`;
      return { code: 'too_small', message: file.size ? compare(file.size, 'under the minimum of', this.#least) : empty };
    }
    if (taken >= this.max) {
      const some = this.max === 1 ? 'one file' : `${this.max.toLocaleString('en')} files`;
      return { code: 'too_many_files', message: `Only ${some} can be uploaded here.` };
    }
    return null;
  }

  /** @param {{ name: string, type: string }} file */
  #accepts({ name, type }) {
    const lower = name.toLowerCase();
    return (
      this.#accept.length === 0 ||
      this.#accept.some((rule) => {
        if (rule.startsWith('.')) return lower.endsWith(rule) && lower.length > rule.length;
        // The browser doesn't know every type. Where it says nothing, the server looks at the bytes.
        if (!type) return true;
        return rule.endsWith('/*') ? type.startsWith(rule.slice(0, -1)) : type === rule;
      })
    );
  }

  #types() {
    if (this.#words) return this.#words;
    const words = this.#accept.map((rule) => {
      const word = rule.endsWith('/*') ? rule : rule.slice(Math.max(rule.lastIndexOf('.'), rule.indexOf('/')) + 1);
      return SPELLINGS.get(word) ?? (word === rule ? rule : word.toUpperCase());
    });
    const unique = [...new Set(words)];
    const last = unique.pop();
    return unique.length > 0 ? `${unique.join(', ')} or ${last}` : `${last}`;
  }
}

/**
 * @param {number} actual
 * @param {string} relation
 * @param {number} limit
 */
function compare(actual, relation, limit) {
  const [said, against] = [size(actual), size(limit)];
  // "5 MB is over the limit of 5 MB" helps nobody, so of a near miss the difference is told.
  if (said === against) return `This file is ${size(Math.abs(actual - limit))} ${relation} ${against}.`;
  return `${said} is ${relation} ${against}.`;
}
