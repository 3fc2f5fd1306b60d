import { ask, refusalIn } from './api.js';
import { byId, chips, drawn, element } from './dom.js';

/** Shows who trusts whom, as the services say it. */
export async function showTrustMap() {
  const answer = await ask('/development/trust-map');
  if (!answer.ok) {
    byId('map-picture').replaceChildren(element('p', { class: 'empty' }, refusalIn(answer).title));
    return;
  }
  const { body } = answer;
  byId('map-picture').replaceChildren(picture(body.map));
  const silent = body.silent.map((/** @type {string} */ name) =>
    element('p', { class: 'empty' }, `${name} does not say what it trusts.`),
  );
  byId('map-tables').replaceChildren(...silent, arrowTable(body.map.arrows));
  byId('map-routes').replaceChildren(...body.services.map(routeTable));
}

/** @param {any} map As the gateway laid it out (src/page/trust-layout.ts). */
function picture({ width, height, nodes, arrows }) {
  const head = drawn(
    'marker',
    { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto' },
    drawn('path', { d: 'M0 0L8 4L0 8z' }),
  );
  const label = `Trust map: ${nodes.map((/** @type {any} */ node) => node.name).join(', ')}. The table beside it says the same.`;
  return drawn(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label },
    drawn('defs', {}, head),
    ...arrows.map(way),
    ...arrows.map(wayLabel),
    ...nodes.map(node),
  );
}

/** @param {any} arrow */
function way({ points, call, tokenType }) {
  const [first, ...rest] = points;
  const middles = rest.map((/** @type {any} */ point, /** @type {number} */ index) => {
    const next = rest[index + 1];
    if (next === undefined) return `L${point.x} ${point.y}`;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  const isUsed = call !== undefined || tokenType !== 'svc+jwt';
  return drawn('path', {
    class: `way ${isUsed ? '' : 'unused'}`,
    d: `M${first.x} ${first.y}${middles.join('')}`,
    'marker-end': 'url(#head)',
  });
}

/** @param {any} arrow */
function wayLabel({ label, scopes }) {
  const { x, y, width, height, lines } = label;
  const top = y - height / 2;
  return drawn(
    'g',
    {},
    drawn('rect', { class: 'label', x: x - width / 2, y: top, width, height, rx: 8 }),
    ...lines.map((/** @type {string} */ line, /** @type {number} */ index) =>
      drawn('text', { class: index < scopes.length ? 'scope' : 'whom', x, y: top + 16 + index * 16 }, line),
    ),
  );
}

/** @param {any} node */
function node({ name, uri, kind, x, y, width, height }) {
  return drawn(
    'g',
    { class: `node ${kind}` },
    drawn('rect', { x: x - width / 2, y: y - height / 2, width, height, rx: 12 }),
    drawn('text', { class: 'name', x, y: y - 3 }, name),
    drawn('text', { class: 'uri', x, y: y + 16 }, uri.replace(/^https?:\/\/|\/$/g, '')),
  );
}

/** @param {readonly any[]} arrows */
function arrowTable(arrows) {
  const rows = arrows.map(({ from, to, scopes, forWhom, tokenType, call }) => [
    `${from} → ${to}`,
    element('span', { class: 'chips' }, ...chips(scopes)),
    forWhom,
    tokenType === 'svc+jwt'
      ? call === undefined
        ? 'trusted, not called'
        : `signs its own (${call.authorize})`
      : `${tokenType}, sent by browsers`,
  ]);
  return table('Who may call whom', ['Call', 'Scopes at most', 'For whom', 'Token'], rows);
}

/** @param {any} service */
function routeTable({ name, routes }) {
  const rows = routes
    .filter((/** @type {any} */ { access }) => access === 'guarded')
    .map((/** @type {any} */ { method, path, requirements, policies }) => [
      element('code', {}, `${method} ${path}`),
      element('span', { class: 'chips' }, ...requirements.flatMap(needs), ...chips(policies, 'mark')),
    ]);
  return table(`What ${name} asks for`, ['Route', 'Needs'], rows);
}

/** @param {any} requirement */
function needs({ kind, anyOf = [], is }) {
  if (kind === 'authenticated') return chips(['a token'], 'mark');
  if (kind === 'subject') return chips([`a ${is}`], 'mark');
  if (kind === 'scope') return chips([anyOf.join(' or ')]);
  return chips([`${kind} ${anyOf.join(' or ')}`], 'mark');
}

/**
 * @param {string} caption
 * @param {readonly string[]} heads
 * @param {readonly (readonly (string | Node)[])[]} rows
 */
function table(caption, heads, rows) {
  // The roles are those of the elements, which lose them where a narrow page stacks the cells.
  const body = rows.map(([first = '', ...rest]) =>
    element(
      'tr',
      { role: 'row' },
      element('th', { role: 'rowheader', scope: 'row' }, first),
      ...rest.map((cell, index) => element('td', { role: 'cell', 'data-head': heads[index + 1] }, cell)),
    ),
  );
  const headCells = heads.map((head) => element('th', { role: 'columnheader', scope: 'col' }, head));
  return element(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    element(
      'table',
      { role: 'table' },
      element('caption', {}, caption),
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...headCells)),
      element('tbody', { role: 'rowgroup' }, ...body),
    ),
  );
}
