import { createFixedClock, createVerifier, type InboundRequest, type Verifier } from '../../../src/index.js';
import { createForgeKey, forgeToken, NOW, SERVICE } from '../../support/forge.js';
import {
  saying,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../../support/introspection-server.js';
import { authenticated, codeOf, faultOf, inboundRequest } from '../../support/scene.js';
import { until } from '../../support/until.js';

const IDP = 'https://idp.example/';
const claims = { iss: IDP, aud: SERVICE, client_id: 'web', scope: '', iat: NOW, exp: NOW + 600 };
const key = createForgeKey();

let server: IntrospectionServer;
let verifier: Verifier;
/** Questions that the issuer has not answered yet, the oldest first. */
let held: { readonly answer: () => void }[];

beforeEach(async () => {
  server = await startIntrospectionServer();
  held = [];
  server.answer = (response, question) => {
    const token = question.form.get('token') ?? '';
    const content = token.startsWith('good')
      ? { ...claims, active: true, token_type: 'Bearer', sub: token }
      : { active: false };
    held.push({ answer: () => saying(content)(response, question) });
  };
  verifier = verifierWith();
});
afterEach(() => server.close());

function verifierWith(timeoutMs = 30_000): Verifier {
  const introspection = {
    endpoint: server.endpoint,
    clientId: 'census',
    clientAuthentication: 'client_secret_basic',
    clientSecret: 'secretOfCensus',
    timeoutMs,
  } as const;
  const keys = { jwks: { keys: [key.jwk] } };
  const idp = {
    name: 'idp',
    issuer: IDP,
    tokenType: 'at+jwt',
    algorithms: ['ES256'] as const,
    keys,
    introspection,
  };
  return createVerifier({ service: SERVICE, clock: createFixedClock(), trust: [idp] });
}

const requestOf = (token: string, address?: string): InboundRequest => ({
  ...inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, token),
  ...(address !== undefined && { clientAddress: () => address }),
});

/** Whose token it turns out to be, or the code of the refusal. */
async function send(token: string, address?: string): Promise<string | undefined> {
  const answer = authenticated(verifier, requestOf(token, address));
  return answer.then(
    ({ principal }) => principal.subject,
    () => codeOf(answer),
  );
}

const MALLORY = '203.0.113.9';
let madeUp = 0;
const floodFrom = (address: string | undefined, count: number): Promise<string | undefined>[] =>
  Array.from({ length: count }, () => send(`made-up-${String(madeUp++)}`, address));
const flood = (count: number): Promise<string | undefined>[] => floodFrom(MALLORY, count);

/** Lets the issuer answer so many questions, each when the place that the last one freed is taken by another. */
async function answer(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const asked = server.questions.length;
    held.shift()?.answer();
    await until(() => server.questions.length > asked);
  }
}

/** Lets the issuer answer all questions from now on. */
function answerAll(): void {
  const answerWhenHeld = server.answer;
  server.answer = (response, question) => {
    answerWhenHeld(response, question);
    for (const each of held.splice(0)) each.answer();
  };
  for (const each of held.splice(0)) each.answer();
}

const isAsked = (token: string): boolean => server.questions.some(({ form }) => form.get('token') === token);

describe('somebody who sends made-up tokens on eighty connections', () => {
  it('keeps no token of anybody else from being asked about', async () => {
    const garbage = flood(80);
    await until(() => server.questions.length === 64);
    const names = Array.from({ length: 15 }, (_, index) => `good-${String(index)}`);
    const good = names.map((name, index) => send(name, `198.51.100.${String(index)}`));
    // Turns go round: one of the crowd, and then each of the others.
    await answer(16);
    expect(names.every(isAsked)).toBe(true);
    answerAll();
    expect(await Promise.all(good)).toEqual(names);
    await Promise.all(garbage);
  });

  it('keeps nobody waiting whose token was asked about before', async () => {
    answerAll();
    expect(await send('good', '198.51.100.1')).toBe('good');
    server.answer = (response, question) => void held.push({ answer: () => saying({})(response, question) });
    const garbage = flood(80);
    await until(() => server.questions.length === 65);
    expect(await send('good', '198.51.100.2')).toBe('good');
    expect(await send('good', MALLORY)).toBe('good');
    expect(server.questions).toHaveLength(65);
    await server.close();
    await Promise.all(garbage);
  });

  it.each([
    [
      'one IPv6 network of 64 bits',
      ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:DB8:1:2::', '2001:db8:1:2:3:4:5:6'],
    ],
    ['one IPv4 address, however it is written', ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:203.0.113.9']],
    [
      'no address',
      [undefined, '', 'unknown', 'unix:', '203.0.113.9, 198.51.100.1', '2001:db8:1:2', 'localhost'],
    ],
  ])('is one, from wherever he sends them: from %s', async (_where, addresses) => {
    const garbage = [
      ...floodFrom(addresses[0], 64),
      ...addresses.flatMap((address) => floodFrom(address, 3)),
    ];
    await until(() => server.questions.length === 64);
    const good = send('good', '198.51.100.1');
    await answer(2);
    expect(isAsked('good')).toBe(true);
    await server.close();
    await Promise.all([...garbage, good]);
  });

  it.each([
    ['other IPv4 addresses', ['203.0.113.8', '203.0.113.10']],
    ['other IPv6 networks', ['2001:db8:1:1::1', '2001:db8:1:3::1']],
    ['IPv6 networks that are written short', ['::1', 'fe80::1%eth0']],
  ])('is told from %s', async (_what, [one = '', two = '']) => {
    const garbage = flood(64);
    await until(() => server.questions.length === 64);
    const crowd = floodFrom(one, 10);
    const good = send('good', two);
    await answer(2);
    expect(isAsked('good')).toBe(true);
    await server.close();
    await Promise.all([...garbage, ...crowd, good]);
  });
});

describe('those who wait for their turn', () => {
  it('are 512 from one address at most, and then others still may', async () => {
    const garbage = flood(64 + 512);
    await until(() => server.questions.length === 64);
    expect(await send('good-1', MALLORY)).toBe('introspection_unavailable');
    const good = send('good-2', '198.51.100.1');
    await answer(2);
    expect(isAsked('good-2')).toBe(true);
    await server.close();
    await Promise.all([...garbage, good]);
  });

  it('are refused when the issuer takes too long for all before them', async () => {
    verifier = verifierWith(1500);
    const garbage = flood(80);
    const fault = await faultOf(authenticated(verifier, requestOf('good', '198.51.100.1')));
    expect(fault).toMatchObject({ code: 'introspection_unavailable', retryAfterSeconds: 1 });
    await Promise.all(garbage);
    // All places are free again.
    server.answer = saying({ ...claims, active: true, token_type: 'Bearer', sub: 'good' });
    const many = Array.from({ length: 64 }, (_, index) => send(`good-${String(index)}`));
    expect(new Set(await Promise.all(many))).toEqual(new Set(['good']));
  });

  it('are answered by what somebody else was told about the same token meanwhile', async () => {
    const garbage = flood(64);
    await until(() => server.questions.length === 64);
    const same = Array.from({ length: 20 }, (_, index) => send('good', `198.51.100.${String(index)}`));
    await answer(1);
    answerAll();
    expect(new Set(await Promise.all(same))).toEqual(new Set(['good']));
    expect(server.questions).toHaveLength(65);
    await Promise.all(garbage);
  });
});

it('the address of a client is not looked at unless an issuer is asked', async () => {
  let looked = 0;
  const seen = (token: string): InboundRequest => ({
    ...requestOf(token),
    clientAddress: () => {
      looked++;
      return MALLORY;
    },
  });
  const header = { typ: 'at+jwt', alg: 'ES256', kid: key.kid };
  const jwt = forgeToken({ header, claims: { ...claims, sub: 'user-1', jti: 'jti' } }, key);
  await expect(authenticated(verifier, seen(jwt))).resolves.toBeDefined();
  expect(looked).toBe(0);
  answerAll();
  await verifier.authenticate(seen('good'));
  await verifier.authenticate(seen('good'));
  expect(looked).toBe(1);
});

it('no issuer is asked about more than sixty-four tokens at once: the others wait', async () => {
  const sent = Array.from({ length: 70 }, (_, index) => send(`good-${String(index)}`));
  await until(() => held.length === 64);
  let most = 0;
  let settled = 0;
  const outcomes = sent.map((outcome) => outcome.finally(() => settled++));
  while (settled < 70) {
    most = Math.max(most, held.length);
    held.shift()?.answer();
    await new Promise((next) => setImmediate(next));
  }
  expect(new Set(await Promise.all(outcomes)).size).toBe(70);
  expect([most, server.questions.length]).toEqual([64, 70]);
});
