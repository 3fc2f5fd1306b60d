import type { Browser, Page } from 'playwright-core';
import { faults, startChromium } from './support/chromium.js';
import { type Edge, startEdge } from './support/edge.js';
import { inWindow, isReady, logIn } from './support/window.js';

const START_MS = 180_000;

let edge: Edge;
let browser: Browser;

/** Herald and census are down. */
beforeAll(async () => {
  edge = await startEdge({ heraldUrl: 'http://127.0.0.1:1/', censusUrl: 'http://127.0.0.1:2/' });
  browser = await startChromium();
}, START_MS);

afterAll(async () => {
  await browser.close();
  await edge.close();
}, START_MS);

const textOf = (page: Page, selector: string) => page.locator(selector).innerText();
/** What a browser says by itself of an answer that is a refusal. */
const REFUSED = [/status of (400|503)/];

describe('The page, when nobody is logged in', () => {
  it('says so where something cannot be used without', () =>
    inWindow(browser, {}, async (page) => {
      await page.goto(edge.url);
      await isReady(page);
      expect(await page.locator('#send').isDisabled()).toBe(true);
      expect(await textOf(page, '#send-hint')).toContain('Log in first');
      expect(await page.locator('#attempt-replay').isDisabled()).toBe(true);
      expect(await textOf(page, '#attempts-hint')).toContain('Log in first');
    }));
});

describe('The page, when census is down', () => {
  it('shows whoever is logged in that they are, what failed, and how to log out', () =>
    inWindow(
      browser,
      {},
      async (page) => {
        await logIn(page, edge, '21');
        expect(await textOf(page, '#you')).toContain('You are logged in');
        expect(await textOf(page, '#you')).toContain('503 upstream_unavailable');
        expect(await page.getByRole('link', { name: 'Log in' }).count()).toBe(0);
        expect(await textOf(page, '#attempts-hint')).toBe('');
        expect(await textOf(page, '#send-hint')).not.toContain('Log in');
        expect(await faults(page)).toEqual([]);
        await page.getByRole('button', { name: 'Log out' }).click();
        await page.getByRole('link', { name: 'Log in' }).first().waitFor();
      },
      REFUSED,
    ));

  it('lists the call that failed as failed', () =>
    inWindow(
      browser,
      {},
      async (page) => {
        await logIn(page, edge, '21');
        const latest = page.locator('#transactions li', { hasText: 'GET /api/me' }).first();
        await latest.locator('.chip.bad', { hasText: '503' }).waitFor();
        expect(await latest.locator('.chip.good').count()).toBe(0);
      },
      REFUSED,
    ));
});

describe('The page, when the gateway cannot be reached', () => {
  it('says so where somebody tries something', () =>
    inWindow(
      browser,
      {},
      async (page) => {
        await logIn(page, edge, '21');
        await page.context().setOffline(true);
        await page.locator('#attempt-wrong-user').click();
        const outcome = page.locator('#attempt-outcome.bad', { hasText: 'The gateway cannot be reached.' });
        await outcome.waitFor();
        expect(await outcome.innerText()).toContain('no answer');
      },
      [...REFUSED, /ERR_INTERNET_DISCONNECTED/],
    ));
});

describe('A login that is refused', () => {
  it('is told by a page that leads to another login', () =>
    inWindow(
      browser,
      {},
      async (page) => {
        await page.goto(`${edge.url}/callback?code=x`);
        expect(await textOf(page, 'h1')).toBe('You are not logged in');
        expect(await page.locator('body').evaluate((body) => getComputedStyle(body).maxWidth)).toBe('512px');
        expect(await faults(page)).toEqual([]);
        await page.getByRole('link', { name: 'Try to log in again' }).click();
        await page.locator('#password').waitFor();
        expect(page.url()).toContain(edge.issuer);
      },
      REFUSED,
    ));
});
