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

/** A button that sends no form. @param {string} className @param {(Node | string)[]} children */
export function button(className, ...children) {
  const element = make('button', className, ...children);
  element.type = 'button';
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
  return name.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
export function all(selector, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null} the element around the place where it happened
 */
export function around({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}

/**
 * Tells the application by an event on `window`.
 *
 * @param {string} name
 * @param {object} detail
 * @returns {boolean} false if somebody has prevented what would come next
 */
export function emit(name, detail) {
  return dispatchEvent(new CustomEvent(`longshore:${name}`, { detail, cancelable: true }));
}
