import { type Application } from '../support/application.js';
import { type CalledService } from '../support/called-service.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { heraldAt, useCaller } from '../support/hooks/use-caller.js';

describe.each(CLIENTS)('a call by $name with a header in which this service gets tokens', (client) => {
  let called: CalledService;
  let census: Application;

  useCaller(
    {
      options: ({ called: { origin } }) => ({
        tokenHeaders: ['X-Forwarded-Authorization'],
        destinations: [heraldAt(origin)],
      }),
    },
    (started) => ({ called, census } = started),
  );

  const send = (name: string, more: Partial<Call> = {}) =>
    client.send(census.nest, {
      url: `${called.origin}/user/`,
      headers: { [name]: 'Bearer of-the-incoming-request' },
      ...more,
    });

  it.each(['X-Forwarded-Authorization', 'x-forwarded-authorization', 'Authorization', 'JWT'])(
    'is not sent: %s',
    async (name) => {
      await expect(send(name)).rejects.toMatchObject({ code: 'authorization_present' });
      expect(called.received).toEqual([]);
    },
  );

  it.each(['X-Forwarded-Authorization', 'x_forwarded_authorization'])(
    'is sent without it where it says so: %s',
    async (name) => {
      expect((await send(name, { overrideAuthorization: true })).status).toBe(200);
      expect(Object.keys(called.received[0]!.headers)).not.toContain(name.toLowerCase());
      expect(called.received[0]!.headers.authorization).toMatch(/^Bearer eyJ/);
    },
  );

  it('is sent with any other', async () => {
    expect((await send('X-Original-Authorization')).status).toBe(200);
    expect(called.received[0]!.headers['x-original-authorization']).toBe('Bearer of-the-incoming-request');
  });
});
