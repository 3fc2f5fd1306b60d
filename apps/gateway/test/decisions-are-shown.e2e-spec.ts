import { type Edge, startEdge } from './support/edge.js';

const NOWHERE = { heraldUrl: 'http://127.0.0.1:1/', censusUrl: 'http://127.0.0.1:2/', startsProvider: false };

let edge: Edge;

beforeAll(async () => {
  edge = await startEdge(NOWHERE);
});

afterAll(async () => {
  await edge.close();
});

describe('What other services decide', () => {
  const decision = { service: 'herald', direction: 'inbound', decision: 'allowed', time: 'now' };
  const send = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${edge.url}/development/decisions`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    });

  it('is taken from services on this machine only, not from pages', async () => {
    expect((await send(decision)).status).toBe(204);
    expect((await send(decision, { Origin: edge.url })).status).toBe(404);
    expect((await send({ ...decision, token: 'x' })).status).toBe(400);
    expect((await send(decision, { 'Content-Type': 'text/plain' })).status).toBe(400);
  });

  it('is shown to nobody unless somebody asked for it', async () => {
    const hidden = await startEdge({ ...NOWHERE, environment: { DEVELOPMENT_PAGE: 'off' } });
    try {
      for (const path of ['/', '/development/decisions'])
        expect((await fetch(`${hidden.url}${path}`)).status).toBe(404);
    } finally {
      await hidden.close();
    }
  });
});
