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

export class Slot {
  /** As the server has said them. */
  rules;
  /** Whether files go as soon as they are chosen, or when the form is submitted. */
  auto;
  max;
  accept;

  /** @param {Rules} rules */
  constructor(rules) {
    this.rules = rules;
    this.auto = rules.auto_upload !== false;
    this.max = rules.max_entries || Infinity;
    this.accept = rules.accept ?? '';
  }

  /**
   * @param {{ name: string, size: number, type?: string }} file
   * @param {number} taken how many files hold a place already
   * @returns {Problem | null}
   */
  admit(file, taken) {
    const { max, accept } = this;
    const { accepts = accept, min_file_size: least = 0, max_file_size: most } = this.rules;
    const only = (/** @type {string} */ what) => `Only ${what} can be uploaded here.`;
    if (!file.name.trim()) return { code: 'empty_name', message: 'This file has no name.' };
    if (!this.#accepts(file)) return { code: 'not_accepted', message: only(accepts) };
    if (file.size > (most ?? Infinity)) return { code: 'too_large', message: compare(file.size, 'over the limit of', Number(most)) };
    if (file.size < least) {
      const empty = `This file is empty. It must have at least ${size(least)}.`;
      return { code: 'too_small', message: file.size ? compare(file.size, 'under the minimum of', least) : empty };
    }
    if (taken < max) return null;
    return { code: 'too_many_files', message: only(max === 1 ? 'one file' : `${max.toLocaleString('en')} files`) };
  }

  /** @param {{ name: string, type?: string }} file */
  #accepts({ name, type }) {
    const lower = name.toLowerCase();
    if (!this.accept) return true;
    return this.accept.toLowerCase().split(/\s*,\s*/).some((rule) => {
      if (rule[0] === '.') return lower.endsWith(rule) && lower !== rule;
      // The browser doesn't know every type. Where it says nothing, the server looks at the bytes.
      return !type || type === rule || (rule.endsWith('/*') && type.startsWith(rule.slice(0, -1)));
    });
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
  return `${said === against ? `This file is ${size(Math.abs(actual - limit))}` : `${said} is`} ${relation} ${against}.`;
}
