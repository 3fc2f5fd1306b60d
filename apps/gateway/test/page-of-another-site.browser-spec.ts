import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { startChromium, visit } from './support/chromium.js';
import { type Edge, startEdge } from './support/edge.js';
import { isReady } from './support/window.js';

const START_MS = 180_000;

let edge: Edge;
let browser: Browser;
let site: Server;

beforeAll(async () => {
  edge = await startEdge({
    heraldUrl: 'http://127.0.0.1:1/',
    censusUrl: 'http://127.0.0.1:2/',
    startsProvider: false,
  });
  browser = await startChromium();
  site = createServer((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<!doctype html><title>another site</title>');
  }).listen(0);
  await once(site, 'listening');
}, START_MS);

afterAll(async () => {
  await browser.close();
  site.close();
  site.closeAllConnections();
  await edge.close();
}, START_MS);

/** The responses on the network, including those that the browser hides from the page. A response event may precede its request event. */
async function watchStatuses(page: Page): Promise<() => readonly (readonly [url: string, status: number])[]> {
  const session = await page.context().newCDPSession(page);
  const urls = new Map<string, string>();
  const statuses: [requestId: string, status: number][] = [];
  session.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    statuses.push([requestId, statusCode]);
  });
  await session.send('Network.enable');
  return () => statuses.map(([requestId, status]) => [urls.get(requestId) ?? '', status]);
}

describe.each([
  ['on another port of this machine', '127.0.0.1'],
  ['under another name', 'localhost'],
])('A page %s', (_where, name) => {
  it('can link to the page of the gateway, and gets nothing of it by itself', async () => {
    const address = site.address();
    const { context, page } = await visit(browser);
    const statuses = await watchStatuses(page);
    try {
      await page.goto(`http://${name}:${String(typeof address === 'object' && address?.port)}/`);
      await page.evaluate(async (url) => {
        const quiet = { mode: 'no-cors' } as const;
        const ended = (asked: Promise<unknown>) => asked.catch(() => undefined);
        const loaded = (element: HTMLElement) =>
          new Promise((resolve) => {
            element.onload = element.onerror = resolve;
            document.body.append(element);
          });
        await ended(fetch(`${url}/development/page`, quiet));
        await ended(fetch(`${url}/development/trust`));
        await ended(fetch(`${url}/development/decisions`, { ...quiet, method: 'POST', body: '{}' }));
        await new Promise((resolve) => (new EventSource(`${url}/development/decisions`).onerror = resolve));
        await loaded(Object.assign(new Image(), { src: `${url}/page/icon.svg` }));
        await loaded(Object.assign(document.createElement('script'), { src: `${url}/page/page.js` }));
        await loaded(Object.assign(document.createElement('iframe'), { src: `${url}/` }));
        document.body.innerHTML = `<a href="${url}/">the page</a>`;
      }, edge.url);
      const ofGateway = statuses().filter(([url]) => url.startsWith(`${edge.url}/`));
      expect(ofGateway.map(([url, status]) => [new URL(url).pathname, status])).toEqual([
        ['/development/page', 404],
        ['/development/trust', 404],
        ['/development/decisions', 404],
        ['/development/decisions', 404],
        ['/page/icon.svg', 404],
        ['/page/page.js', 404],
        ['/', 404],
      ]);
      await page.getByRole('link').click();
      await isReady(page);
      expect(await page.title()).toBe('Countersign, live');
    } finally {
      await context.close();
    }
  });
});
