import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { type TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, startError, type Application } from '../support/application.js';
import { claimsOf, type CalledService } from '../support/called-service.js';
import { useNewCaller } from '../support/hooks/use-caller.js';

describe('HttpService with an adapter of the application', () => {
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;
  let http: AxiosInstance;
  const asked: string[] = [];

  useNewCaller({}, (started) => {
    ({ issuer, called, census } = started);
    http = census.nest.get(HttpService, { strict: false }).axiosRef;
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const own: AxiosAdapter = (config) => {
    asked.push(config.url ?? '');
    return axios.getAdapter('http')(config);
  };
  type Change = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;
  const setAdapter: Change = (config) => Object.assign(config, { adapter: own });
  /** What an interceptor returns that makes a configuration of its own. */
  const onlyTheUrl: Change = ({ url = '', headers }) => ({ url, headers });

  const nothing: object = { adapter: null };

  it.each<readonly [string, (instance: AxiosInstance) => AxiosRequestConfig]>([
    ['of the call', () => ({ adapter: own })],
    ['of the call, by its name', () => ({ adapter: 'http' })],
    ['of the call, by a list of names', () => ({ adapter: ['fetch', 'http'] })],
    ['of the call, and is nothing', () => nothing],
    [
      'of the defaults',
      ({ defaults }) => {
        defaults.adapter = own;
        return {};
      },
    ],
    [
      'of an interceptor',
      ({ interceptors }) => {
        interceptors.request.use(setAdapter);
        return {};
      },
    ],
    [
      'of an interceptor, which does not wait',
      ({ interceptors }) => {
        interceptors.request.use(setAdapter, null, { synchronous: true });
        return {};
      },
    ],
    [
      'of an interceptor that is called first',
      ({ interceptors }) => {
        interceptors.request.use(setAdapter);
        return { transitional: { legacyInterceptorReqResOrdering: false } };
      },
    ],
    [
      'of an interceptor beside one that fails',
      ({ interceptors }) => {
        const seen: InternalAxiosRequestConfig[] = [];
        const fail = () => {
          throw new Error('of the application');
        };
        const once = { synchronous: true };
        interceptors.request.use(null, () => setAdapter(seen[0]!), once);
        interceptors.request.use(fail, null, once);
        interceptors.request.use((config) => (seen.push(config), config), null, once);
        return {};
      },
    ],
    [
      'of an interceptor, after all others were taken out',
      ({ interceptors }) => {
        interceptors.request.clear();
        interceptors.request.use(setAdapter);
        return {};
      },
    ],
    [
      'of axios, because an interceptor made a configuration without one',
      ({ interceptors }) => {
        interceptors.request.use(onlyTheUrl);
        return {};
      },
    ],
    [
      'of a transformation of the body',
      () => ({
        transformRequest(data: unknown) {
          this.adapter = own;
          return data;
        },
      }),
    ],
  ])('sends nothing where that is the one %s', async (_whose, configure) => {
    const config = configure(http);
    const sending = http.request({ ...config, url: `${called.origin}/user/` });
    await expect(sending).rejects.toMatchObject({ code: 'config_invalid' });
    expect([...called.received, ...asked]).toEqual([]);
    expect(census.decisions).toEqual([
      expect.objectContaining({ direction: 'outbound', decision: 'refused', code: 'config_invalid' }),
    ]);
  });

  it('says what is wrong, and not what was to be sent', async () => {
    const headers = { 'X-Secret': 'not to be told' };
    const thrown: unknown = await http
      .get(called.origin, { adapter: own, headers })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringContaining('adapter') as string });
    expect(JSON.stringify(thrown)).not.toContain('not to be told');
  });

  it('calls as ever with interceptors and transformations that leave it alone, however often', async () => {
    const { interceptors } = http;
    interceptors.request.use((config) => ({ ...config, params: { a: 'b' } }));
    interceptors.request.use((config) => Object.assign(config, { maxRedirects: 3 }), null, {
      synchronous: true,
    });
    const transformRequest = [(data: unknown) => `${String(data)}!`];
    const first = await http.post<string>(`${called.origin}/user/`, 'x', { transformRequest });
    // As libraries do that try again: with the configuration of the call before.
    await http.request({ ...first.config, data: 'y' });
    expect(called.received.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual([
      '/user/?a=b x!',
      '/user/?a=b y!',
    ]);
    for (const sent of called.received)
      expect(claimsOf(sent)).toMatchObject({ htu: `${called.origin}/user/?a=b` });
  });

  it('is no way around it by an instance that is made of it', async () => {
    const made = http.create({ headers: { 'X-Made': 'yes' } });
    await made.get(`${called.origin}/user/`);
    expect(called.received).toMatchObject([
      { headers: { 'x-made': 'yes', authorization: expect.stringMatching(/^Bearer eyJ/) as string } },
    ]);
    await expect(made.get(`${called.origin}/user/`, { adapter: own })).rejects.toMatchObject({
      code: 'config_invalid',
    });
    await expect(http.create({ adapter: own }).get(called.origin)).rejects.toMatchObject({
      code: 'config_invalid',
    });
    expect(called.received).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  it('keeps the application from starting where the module has one', async () => {
    const options: object = { adapter: own };
    const start = () =>
      startApplication({
        adapter: () => new ExpressAdapter(),
        options: censusOptions(issuer, issuer.keyStore),
        imports: [AuthorizedHttpModule.register(options)],
      });
    expect(await startError(start)).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^adapter is not ours/) as string,
    });
  });
});
