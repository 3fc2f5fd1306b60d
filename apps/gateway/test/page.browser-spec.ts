import { holdPort } from '@countersign/service-kit/testing';
import type { Browser, Page } from 'playwright-core';
import { faults, startChromium } from './support/chromium.js';
import { type Edge, startEdge } from './support/edge.js';
import { type Services, startServices } from './support/services.js';
import { inWindow, isReady, labelsPastTheirArrows, logIn, widthsOutOfSight } from './support/window.js';

/** Five processes start, and everybody may share one slow core. */
const START_MS = 180_000;
/** As long as the page waits for a mail, and a little more. */
const MAIL_MS = 70_000;

let services: Services;
let edge: Edge;
let browser: Browser;

beforeAll(async () => {
  const gatewayPort = await holdPort();
  services = await startServices(gatewayPort.port);
  const environment = { STOLEN_KEYS_DIR: services.heraldKeys };
  edge = await startEdge({ ...services, gatewayPort, environment });
  browser = await startChromium();
}, START_MS);

afterAll(async () => {
  await browser.close();
  await edge.close();
  await services.close();
}, START_MS);

/** The transaction that the picture is of. */
const DRAWN = '#transactions button[aria-current="true"]';

/** Acts, and waits until the picture is of another transaction than before. */
async function untilDrawn(page: Page, act: () => Promise<void>): Promise<void> {
  const before = await page.locator(DRAWN).evaluateAll((all) => all[0]?.getAttribute('data-transaction'));
  await act();
  await page.locator(`${DRAWN}:not([data-transaction="${String(before)}"])`).waitFor();
}

/** Sends the welcome message, and waits until all that comes of it is on the page. */
async function sendMessage(page: Page): Promise<void> {
  await untilDrawn(page, () => page.getByRole('button', { name: 'Send', exact: true }).click());
  await page.locator('#words li').nth(5).waitFor({ state: 'attached' });
  await page.locator('#send-outcome', { hasText: 'State: sent' }).waitFor({ timeout: MAIL_MS });
}

/** Tries it, and waits until its own picture is there, not that of an attempt before. */
async function attempt(page: Page, name: string): Promise<string> {
  const outcome = page.locator('#attempt-outcome.good, #attempt-outcome.bad');
  await untilDrawn(page, () => page.locator(`#attempt-${name}`).click());
  await outcome.waitFor();
  // The note is there when the gateway has told what it did, which is last.
  await page.locator('.step.call.refused .note').waitFor();
  return outcome.innerText();
}

describe('The page', () => {
  it('logs user 21 in, has a message sent, draws its way and shows the mail, and logs out', () =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      expect(await page.locator('#you').innerText()).toMatch(/Census Support\s+support@census\.example/);
      expect(await page.locator('#you').innerText()).toContain('notification:send');
      await sendMessage(page);
      const words = await page.locator('#words li').allTextContents();
      expect(words.map((each) => each.split(';')[0]?.replace(/, after.*/, ''))).toEqual([
        'you calls gateway: POST /api/notification',
        'gateway calls herald: POST /notification',
        'herald calls census: GET /user/:id',
        'census answers 200',
        'herald answers 201',
        'gateway answers 201',
      ]);
      expect(words[1]).toContain(
        'for user 21; with notification:send, user:read; without notification:read; bound to this one request',
      );
      expect(words[2]).toContain(
        'with user:read; without notification:send; with proof that the user called',
      );
      await page.locator('#mails li', { hasText: 'to user@census.example' }).first().waitFor();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Log in' }).first().waitFor();
      expect(await page.locator('#you').isVisible()).toBe(false);
    }));

  it.each([
    ['changed-body', 'herald', '401 body_mismatch', 'The request body differs from the one that was signed.'],
    ['replay', 'herald', '401 token_replayed', 'The token has already been used.'],
    [
      'stolen-key',
      'census',
      '403 delegation_unproven',
      'Acting for this subject requires a delegation proof.',
    ],
    ['wrong-user', 'census', '403 policy_refused', 'This request is not permitted.'],
    ['provider-token', 'census', '401 issuer_untrusted', 'The issuer of the token is not trusted.'],
  ])('plays the refusal %s for real, and %s answers %s', (name, service, code, title) =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      const outcome = await attempt(page, name);
      expect(outcome).toContain(`${service} answered ${code}`);
      expect(outcome).toContain(title);
      const refused = page.locator('.step.call.refused');
      await refused.waitFor();
      expect(await refused.innerText()).toContain(code.split(' ')[1]);
      await refused.getByRole('button').click();
      expect(await refused.locator('.record').innerText()).toContain(`What ${service} wrote`);
    }),
  );

  it('shows the refusal of a person who may not do something', () =>
    inWindow(
      browser,
      {},
      async (page) => {
        await logIn(page, edge, '42');
        await page.locator('#recipient').selectOption('7');
        await page.getByRole('button', { name: 'Send', exact: true }).click();
        await page.locator('#send-outcome.bad', { hasText: '403 user_not_visible' }).waitFor();
        await page.locator('.step.call.refused', { hasText: 'policy_refused' }).waitFor();
      },
      [/status of 403/],
    ));

  it('goes on while the keys of the provider change', () =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      await sendMessage(page);
      const rotated = await fetch(`${edge.issuer}/development/rotate-keys`, { method: 'POST' });
      expect(rotated.status).toBe(200);
      // With the token that the old key signed, and with one by the new key.
      await sendMessage(page);
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Log in' }).first().waitFor();
      await logIn(page, edge, '21');
      await sendMessage(page);
    }));

  it('keeps a step open and in focus while records come in that belong before it', () =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      await sendMessage(page);
      const step = page.locator('.step.call', { hasText: 'GET /user/:id' });
      await step.getByRole('button').click();
      expect(await page.locator('.record:visible').count()).toBe(2);
      const drawn = page.locator(DRAWN);
      const late = {
        service: 'gateway',
        direction: 'outbound',
        decision: 'allowed',
        time: await drawn.locator('time').getAttribute('datetime'),
        transactionId: await drawn.getAttribute('data-transaction'),
        method: 'GET',
        destination: 'census',
      };
      const told = await fetch(`${edge.url}/development/decisions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(late),
      });
      expect(told.status).toBe(204);
      await page.locator('.step.call.sent').waitFor();
      expect(await step.locator('.record:visible').count()).toBe(2);
      expect(await page.locator('.record:visible').count()).toBe(2);
      expect(await step.getByRole('button').evaluate((it) => it === document.activeElement)).toBe(true);
    }));

  it('is made of what the services say of their trust', () =>
    inWindow(browser, {}, async (page) => {
      await page.goto(edge.url);
      const rows = page.locator('#map-tables tbody tr');
      await rows.first().waitFor();
      const texts = await rows.allInnerTexts();
      expect(texts.map((text) => text.split('\t')[0])).toEqual([
        'idp → gateway',
        'gateway → herald',
        'herald → census',
        'gateway → census',
      ]);
      expect(texts[2]).toContain('for users who called it, proven');
      expect(await page.locator('#map-picture .node').count()).toBe(4);
      expect(await page.locator('#map-routes').innerText()).toContain('MaySeeUser');
    }));

  it('can be used with the keyboard alone', () =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      const tabTo = async (selector: string) => {
        for (let left = 60; left > 0; left--) {
          await page.keyboard.press('Tab');
          if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
        }
        throw new Error(`the keyboard does not reach ${selector}`);
      };
      await tabTo('#recipient');
      await tabTo('#send');
      await page.keyboard.press('Enter');
      await page.locator('#send-outcome', { hasText: 'State: sent' }).waitFor({ timeout: MAIL_MS });
      await tabTo('#attempt-replay');
      await page.keyboard.press('Enter');
      await page.locator('#attempt-outcome.good').waitFor();
      await page.locator('.step.answer', { hasText: 'token_replayed' }).waitFor();
      await tabTo('[data-step="1"]');
      await page.keyboard.press('Enter');
      expect(await page.locator('#records-1').innerText()).toContain('tokenIdHash');
      await page.locator('#log-out').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Log in' }).first().waitFor();
    }));

  it('never shows a token', () =>
    inWindow(browser, {}, async (page) => {
      await logIn(page, edge, '21');
      await attempt(page, 'replay');
      await page.locator('.step.answer', { hasText: 'token_replayed' }).waitFor();
      for (const step of await page.locator('[data-step]').all()) await step.click();
      expect(await page.locator('.record').count()).toBeGreaterThan(5);
      expect(await page.content()).not.toMatch(/eyJ[\w-]+\./);
      expect(await page.evaluate(() => document.cookie)).toBe('');
    }));

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it.each([1280, 400])('has no accessibility fault, and fits into %i pixels', (width) =>
      inWindow(browser, { colorScheme, width }, async (page) => {
        await page.goto(edge.url);
        await isReady(page);
        await page.locator('#map-picture svg').waitFor();
        expect(await faults(page)).toEqual([]);
        await logIn(page, edge, '21');
        await sendMessage(page);
        expect(await faults(page)).toEqual([]);
        await attempt(page, 'replay');
        await page.locator('.step.answer', { hasText: 'token_replayed' }).waitFor();
        await page.locator('[data-step="1"]').click();
        await page.locator('.words summary').click();
        expect(await faults(page)).toEqual([]);
        expect(await page.locator('.arrow', { hasText: 'POST /development/attempts/:name' }).count()).toBe(1);
        expect(await labelsPastTheirArrows(page)).toEqual([]);
        expect(await widthsOutOfSight(page)).toEqual([0, 0, 0, 0]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      }),
    );
  });
});
