import { ExpressAdapter } from '@nestjs/platform-express';
import { createFixedClock, memoryTokenCache, type TokenCache } from '@countersign/core';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication } from '../support/application.js';
import { CLIENTS } from '../support/clients.js';
import { claimsOf, startCalledService } from '../support/called-service.js';

const CALLS = 50;

describe.each(CLIENTS)('during traffic by $name', (client) => {
  it('a called service that goes away and comes back is an error while it is away, and no longer', async () => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    let called = await startCalledService();
    const { origin } = called;
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: {
        ...censusOptions(issuer, issuer.keyStore),
        destinations: [
          { name: 'herald', url: origin, onBehalfOf: 'service', authorize: 'mint', timeoutMs: 60_000 },
        ],
      },
      imports: [AuthorizedHttpModule],
    });
    const all = () =>
      Promise.allSettled(
        Array.from({ length: CALLS }, (_, index) =>
          client.send(census.nest, {
            url: `${origin}/`,
            ...(index % 2 === 1 && { method: 'POST', body: 'x' }),
          }),
        ),
      );
    try {
      expect((await all()).filter(({ status }) => status === 'rejected')).toEqual([]);
      const underWay = all();
      called.close();
      await underWay;
      const away = await all();
      for (const each of away) {
        expect(each).toMatchObject({ status: 'rejected' });
        // Not one of ours: the transport's own error, as without Countersign.
        if (each.status === 'rejected') expect(each.reason).not.toHaveProperty('kind');
      }
      const before = called.received;
      called = await startCalledService(Number(new URL(origin).port));
      expect((await all()).filter(({ status }) => status === 'rejected')).toEqual([]);
      const everything = [...before, ...called.received];
      expect(called.received).toHaveLength(CALLS);
      expect(
        everything.filter(({ headers }) => headers.authorization?.startsWith('Bearer eyJ') !== true),
      ).toEqual([]);
    } finally {
      await census.close();
      called.close();
      await issuer.close();
    }
  });

  it('a token cache that goes away and comes back costs speed, and no call', async () => {
    const clock = createFixedClock(Math.floor(Date.now() / 1000));
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/', clock });
    const called = await startCalledService();
    const backend = memoryTokenCache({ clock });
    let isAway = false;
    const away = () => Promise.reject(new Error('ECONNREFUSED'));
    const tokenCache: TokenCache = {
      get: (key) => (isAway ? away() : backend.get(key)),
      set: (key, issued, expiresAt) => (isAway ? away() : backend.set(key, issued, expiresAt)),
    };
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: {
        ...censusOptions(issuer, issuer.keyStore),
        destinations: [{ name: 'herald', url: called.origin, onBehalfOf: 'service', authorize: 'mint' }],
        tokenCache,
        clock,
      },
      imports: [AuthorizedHttpModule],
    });
    const all = async () => {
      called.received.length = 0;
      for (let each = 0; each < CALLS; each += 1)
        expect((await client.send(census.nest, { url: `${called.origin}/` })).status).toBe(200);
      return new Set(called.received.map((received) => claimsOf(received)['jti'])).size;
    };
    try {
      expect(await all()).toBe(1);
      isAway = true;
      expect(await all()).toBe(CALLS);
      isAway = false;
      // A cache that failed is left alone for a second.
      clock.advance(1);
      expect(await all()).toBe(1);
    } finally {
      await census.close();
      called.close();
      await issuer.close();
    }
  });
});
