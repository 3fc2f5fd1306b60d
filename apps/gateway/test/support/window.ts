import type { Browser, Page } from 'playwright-core';
import { visit } from './chromium.js';
import type { Edge } from './edge.js';

/** Runs in a window of its own, in which the browser must have nothing to complain about. */
export async function inWindow(
  browser: Browser,
  options: Parameters<typeof visit>[1],
  act: (page: Page) => Promise<void>,
  allowed: readonly RegExp[] = [],
): Promise<void> {
  const { context, page, complaints } = await visit(browser, options);
  try {
    await act(page);
    expect(complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)))).toEqual([]);
  } finally {
    await context.close();
  }
}

export const isReady = (page: Page) => page.waitForSelector('html[data-ready="true"]');

/** Begins on the page of the gateway, and comes back to it as that user. */
export async function logIn(page: Page, edge: Edge, user: string): Promise<void> {
  await page.goto(edge.url);
  await isReady(page);
  await page.getByRole('link', { name: 'Log in' }).first().click();
  await page.locator(`input[value="${user}"]`).check();
  await page.locator('#password').fill('development-only');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
  await isReady(page);
}

/** Labels of arrows that go on past their arrow. */
export function labelsPastTheirArrows(page: Page): Promise<readonly (string | null)[]> {
  return page.locator('.arrow').evaluateAll((arrows) =>
    arrows.flatMap((arrow) => {
      const { left, right } = arrow.getBoundingClientRect();
      const label = arrow.querySelector('.label');
      const lines = [...(label?.getClientRects() ?? [])];
      return lines.some((line) => line.left < left - 1 || line.right > right + 1) ? [label!.textContent] : [];
    }),
  );
}

/** By how many pixels each table is wider than what is shown of it. */
export function widthsOutOfSight(page: Page): Promise<readonly number[]> {
  return page
    .locator('.table-scroll')
    .evaluateAll((all) => all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
}
