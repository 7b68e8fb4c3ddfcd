// @ts-check
/**
 * The only way in which rows and messages come into being: text goes in as text, never as markup, so that no file name and no
 * sentence of a server can become part of the page's code.
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = '', ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/**
 * Writes only what differs, because even an equal text makes the browser lay out the line again.
 *
 * @param {Node} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Characters that turn a line around or hide in it have no business in a name on the screen. @param {string} name */
export function printable(name) {
  return name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
}
