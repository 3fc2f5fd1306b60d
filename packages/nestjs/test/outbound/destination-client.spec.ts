import { Controller, Get, Injectable } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  Authenticated,
  Destination,
  type CountersignOptions,
  type DestinationClient,
  type DestinationRecord,
} from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE } from '../support/application.js';
import { claimsOf, startCalledService, type CalledService } from '../support/called-service.js';
import { GATEWAY, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';

const USER = `${SERVICE}user/21/`;

@Injectable()
class Notifications {
  constructor(@Destination('herald') readonly herald: DestinationClient) {}
}

@Controller()
class NotifyController {
  constructor(@Destination('herald') private readonly herald: DestinationClient) {}

  @Get('notify')
  @Authenticated()
  async notify() {
    const response = await this.herald.fetch('notification/', { method: 'POST', body: 'hello' });
    return { status: response.status };
  }
}

let issuer: TestIssuer;
let called: CalledService;
const startApplication = useStart();

useIssuer(GATEWAY, (started) => void (issuer = started));
beforeEach(async () => {
  called = await startCalledService();
});
afterEach(() => called.close());

const herald = (changes: object = {}): DestinationRecord => ({
  name: 'herald',
  url: `${called.origin}/v1`,
  audience: 'https://herald.service/',
  onBehalfOf: 'user',
  authorize: 'mint',
  ...changes,
});

const optionsWith = (...destinations: readonly DestinationRecord[]): CountersignOptions => ({
  ...censusOptions(issuer, issuer.keyStore),
  destinations,
});

describe.each(ADAPTERS)('a destination over $name that is called by its name', ({ adapter }) => {
  it('gets the call under its URL, with a token for it in the name of the user', async () => {
    const trust = [issuer.trustRecord({ actsFor: [`${SERVICE}user/`] })];
    const options = { ...optionsWith(herald()), trust };
    const census = await startApplication({ adapter, options, controllers: [NotifyController] });
    const token = await issuer.token({ audience: SERVICE, claims: { sub: USER } });
    const answer = await send(census.origin, { path: '/notify', headers: [bearer(token)] });
    expect(answer.json).toEqual({ status: 200 });
    const [call] = called.received;
    expect(call).toMatchObject({ method: 'POST', url: '/v1/notification/', body: Buffer.from('hello') });
    expect(claimsOf(call!)).toMatchObject({ iss: SERVICE, aud: 'https://herald.service/', sub: USER });
  });
});

describe('the client of a destination', () => {
  async function withClient(
    use: (client: DestinationClient) => Promise<void>,
    options = optionsWith(herald()),
  ): Promise<void> {
    const adapter = (): ExpressAdapter => new ExpressAdapter();
    const census = await startApplication({ adapter, options, providers: [Notifications] });
    await use(census.nest.get(Notifications).herald);
  }

  it('says what its record says', () =>
    withClient(async (client) => {
      const { name, url, audience } = client;
      expect({ name, url, audience }).toEqual({
        name: 'herald',
        url: `${called.origin}/v1/`,
        audience: 'https://herald.service/',
      });
      expect(Object.isFrozen(client)).toBe(true);
    }));

  it('has a verb for the user, one for this service, and follows onBehalfOf', () =>
    withClient(async (client) => {
      await expect(client.fetch('a')).rejects.toMatchObject({ code: 'user_context_missing' });
      await expect(client.forUser('a')).rejects.toMatchObject({ code: 'user_context_missing' });
      await client.forService('b?c=d');
      await client.fetch('e', { onBehalfOf: 'service', scopes: [] });
      expect(called.received.map(({ url }) => url)).toEqual(['/v1/b?c=d', '/v1/e']);
      expect(called.received.map(claimsOf)).toMatchObject([{ sub: SERVICE }, { sub: SERVICE }]);
    }));

  it.each([
    ['a plain path', 'user/42/', '/v1/user/42/'],
    ['no path', '', '/v1/'],
    ['a query', '?page=../2', '/v1/?page=../2'],
    ['names that begin with dots', '.well-known/...', '/v1/.well-known/...'],
    ['an escaped identifier', `user/${encodeURIComponent('a b?c#d')}/`, '/v1/user/a%20b%3Fc%23d/'],
  ])('sends %s as it is written', (_what, path, target) =>
    withClient(async (client) => {
      await client.forService(path);
      expect(called.received.map(({ url }) => url)).toEqual([target]);
    }),
  );

  it('sends the whole URL of something under it', () =>
    withClient(async (client) => {
      await client.forService(`${called.origin}/v1/user/`);
      expect(called.received.map(({ url }) => url)).toEqual(['/v1/user/']);
    }));

  it.each([
    ['..'],
    ['../'],
    ['../v2/'],
    ['../v1/user/'],
    ['user/../../v2/'],
    ['user/..'],
    ['user/../admin/'],
    ['user/./'],
    ['./user/'],
    ['user/%2e%2E/admin/'],
    ['user/.%2e/admin/'],
    ['user/.. '],
    ['user\\..\\admin'],
    ['user/.\t./admin'],
    ['user/..\u0001'],
    ['user/..%2f..%2f..%2fv2/'],
    ['/user/'],
    ['/v2/user/'],
    ['//evil.example/v1/'],
    ['\\\\evil.example\\v1\\'],
    ['https://evil.example/v1/'],
    ['https://evil.example'],
    ['javascript:alert(1)'],
    ['urn:user:42'],
    ['http://'],
  ])('sends nothing for a path that leads elsewhere: %j', (path) =>
    withClient(async (client) => {
      await client.forService('user/');
      const message = expect.stringMatching(
        /^a call to herald is not sent: |^servers may read the path/,
      ) as string;
      await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown', message });
      expect(called.received).toHaveLength(1);
    }),
  );

  it('sends nothing to another destination below it', () => {
    const admin = herald({ name: 'admin', url: `${called.origin}/v1/admin/` });
    return withClient(
      async (client) => {
        await client.forService('user/');
        for (const path of ['admin/', 'admin/user/', '%61dmin/'])
          await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown' });
        expect(called.received).toHaveLength(1);
      },
      optionsWith(herald(), admin),
    );
  });

  it('sends nothing elsewhere either where undeclared calls are let out', () =>
    withClient(
      async (client) => {
        for (const path of ['../v2/', `${called.origin}/`, '//evil.example/'])
          await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown' });
        expect(called.received).toEqual([]);
      },
      { ...optionsWith(herald()), undeclared: 'send-without-token' },
    ));
});
