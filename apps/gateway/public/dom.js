/**
 * Makes an element. Text is always text: nothing that a service says is read as HTML.
 * @param {string} name
 * @param {Readonly<Record<string, string | boolean | undefined>>} [attributes] `class`, `aria-...`; undefined leaves one out.
 * @param {...(Node | string | undefined)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/**
 * The same for pictures.
 * @param {string} name
 * @param {Readonly<Record<string, string | number | undefined>>} [attributes]
 * @param {...(Node | string | undefined)} children
 * @returns {SVGElement}
 */
export function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

/**
 * @template {Element} Made
 * @param {Made} made
 * @param {Readonly<Record<string, string | number | boolean | undefined>>} attributes
 * @param {readonly (Node | string | undefined)[]} children
 * @returns {Made}
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/**
 * An element of the page, which is there.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Scopes and other marks, as small labels.
 * @param {readonly string[]} texts
 * @param {string} [kind]
 * @returns {HTMLElement[]}
 */
export function chips(texts, kind = '') {
  return texts.map((text) => element('span', { class: `chip ${kind}` }, text));
}

/**
 * Says it to those who listen to the page.
 * @param {string} text
 */
export function announce(text) {
  byId('news').textContent = text;
}
