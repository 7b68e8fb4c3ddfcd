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

const SPELLINGS = new Map([['webp', 'WebP'], ['jpeg', 'JPG'], ['plain', 'TXT'], ['svg+xml', 'SVG']]);

export class Slot {
  name;
  /** Whether files go as soon as they are chosen, or when the form is submitted. */
  auto;
  max;
  chunk;
  #least;
  #most;
  #accept;

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
    if (!file.name.trim()) return { code: 'empty_name', message: 'The file has no name.' };
    if (!this.#accepts(file)) return { code: 'not_accepted', message: `Only ${this.#types()} can be uploaded here.` };
    if (file.size > this.#most) return { code: 'too_large', message: this.#compare(file.size, 'over the limit of', this.#most) };
    if (file.size < this.#least) return { code: 'too_small', message: this.#compare(file.size, 'under the minimum of', this.#least) };
    if (taken >= this.max) {
      return { code: 'too_many_files', message: this.max === 1 ? 'Only one file at a time.' : `Only ${this.max} files at a time.` };
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

  /**
   * @param {number} actual
   * @param {string} relation
   * @param {number} limit
   */
  #compare(actual, relation, limit) {
    // "5 MB is over the limit of 5 MB" helps nobody, so a near miss is told in bytes.
    const near = size(actual) === size(limit);
    const show = near ? (/** @type {number} */ bytes) => `${bytes.toLocaleString('en')} bytes` : size;
    return `${show(actual)} is ${relation} ${show(limit)}.`;
  }

  #types() {
    const words = this.#accept.map((rule) => {
      if (rule.endsWith('/*')) return `${rule.slice(0, -2)} files`;
      const word = rule.slice(rule.lastIndexOf(rule.startsWith('.') ? '.' : '/') + 1);
      return SPELLINGS.get(word) ?? word.toUpperCase();
    });
    const unique = [...new Set(words)];
    const last = unique.pop();
    return unique.length > 0 ? `${unique.join(', ')} or ${last}` : `${last}`;
  }
}
