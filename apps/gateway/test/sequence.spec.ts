import { inWords, type ShownRecord, toSequence, toTransactions } from '../public/sequence.js';

const time = (ms: number) => new Date(1_767_225_600_000 + ms).toISOString();
const txn = { transactionId: 'one', subject: 'https://census.service/user/21/' };
const allowed = { decision: 'allowed', ...txn } as const;
const ALL = ['user:read', 'notification:send', 'notification:read'];
const route = '/api/notification';

/** What the services write about one message, each in the order in which it came to be. */
const AT_GATEWAY: readonly ShownRecord[] = [
  { ...allowed, service: 'gateway', direction: 'inbound', time: time(0), method: 'POST', route, caller: 'idp', scopes: ALL },
  { ...allowed, service: 'gateway', direction: 'outbound', time: time(5), destination: 'herald', tokenIdHash: 'first', bound: true, scopes: ['notification:send', 'user:read'] },
]; // prettier-ignore
const AT_HERALD: readonly ShownRecord[] = [
  { ...allowed, service: 'herald', direction: 'inbound', time: time(8), method: 'POST', route: '/notification', caller: 'gateway', tokenIdHash: 'first', bound: true, scopes: ['notification:send', 'user:read'] },
  { ...allowed, service: 'herald', direction: 'outbound', time: time(9), destination: 'census', tokenIdHash: 'second', proven: true, scopes: ['user:read'] },
]; // prettier-ignore
const AT_CENSUS: readonly ShownRecord[] = [
  { ...allowed, service: 'census', direction: 'inbound', time: time(12), method: 'GET', route: '/user/:id', caller: 'herald', tokenIdHash: 'second', proven: true, scopes: ['user:read'] },
]; // prettier-ignore
const ANSWERS: readonly ShownRecord[] = [
  { ...txn, service: 'census', direction: 'answer', time: time(15), status: 200, tookMs: 3 },
  { ...txn, service: 'herald', direction: 'answer', time: time(20), status: 201, tookMs: 12 },
  { ...txn, service: 'gateway', direction: 'answer', time: time(22), status: 201, tookMs: 22 },
];
const MESSAGE = [...AT_GATEWAY, ...AT_HERALD, ...AT_CENSUS, ...ANSWERS];

const words = (records: readonly ShownRecord[]) => toSequence(records).steps.map(inWords);
const arrows = (records: readonly ShownRecord[]) =>
  toSequence(records).steps.map(({ from, to, what }) => `${from} -> ${to}: ${what}`);

describe('The sequence of a transaction', () => {
  it('follows the call from service to service, and the answers back', () => {
    expect(words(MESSAGE)).toEqual([
      `you calls gateway: POST ${route}; for user 21; token by idp; with ${ALL.join(', ')}; allowed`,
      'gateway calls herald: POST /notification; for user 21; with notification:send, user:read; without notification:read; bound to this one request; allowed',
      'herald calls census: GET /user/:id; for user 21; with user:read; without notification:send; with proof that the user called; allowed',
      'census answers 200, after 3 ms',
      'herald answers 201, after 12 ms',
      'gateway answers 201, after 22 ms',
    ]);
    expect(toSequence(MESSAGE).lifelines).toEqual(['you', 'gateway', 'herald', 'census']);
  });

  it('is the same whichever service is heard first', () => {
    const reversed = [...MESSAGE].reverse();
    expect(toSequence(reversed)).toEqual(toSequence(MESSAGE));
  });

  it('says how long each step took, and gives both ends of a call', () => {
    const { steps } = toSequence(MESSAGE);
    expect(steps.map(({ afterMs }) => afterMs)).toEqual([undefined, 8, 4, 3, 5, 2]);
    expect(steps[1]?.records).toEqual([AT_GATEWAY[1], AT_HERALD[0]]);
  });

  it('shows a call that nobody has answered for yet', () => {
    const last = toSequence(AT_GATEWAY).steps.at(-1);
    expect(last).toMatchObject({ from: 'gateway', to: 'herald', decision: 'sent' });
  });

  it('shows a refusal with its code, and does not guess what a refused token had', () => {
    const refused: ShownRecord = { service: 'census', direction: 'inbound', time: time(12), decision: 'refused', code: 'issuer_untrusted', instance: 'urn:uuid:1', method: 'GET', route: '/user/:id' }; // prettier-ignore
    const [call, answer] = toSequence([refused]).steps;
    expect(call).toMatchObject({ from: 'unknown', decision: 'refused', code: 'issuer_untrusted', lost: [] });
    expect(answer).toMatchObject({ kind: 'answer', from: 'census', to: 'unknown', what: 'issuer_untrusted' });
  });
});

describe('An attempt', () => {
  const instance = 'urn:uuid:refusal';
  const request = { from: 'intruder', to: 'herald', method: 'POST', path: '/notification/' };
  const caught: readonly ShownRecord[] = [
    ...AT_GATEWAY,
    { service: 'herald', direction: 'inbound', time: time(8), decision: 'refused', code: 'body_mismatch', method: 'POST', route: '/notification', instance },
    { ...txn, service: 'gateway', direction: 'attempt', time: time(9), title: 'Changed', caughtTokenIdHash: 'first', steps: [{ ...request, says: 'changes the body.', status: 401, code: 'body_mismatch', instance }] },
  ]; // prettier-ignore

  it('has the intruder between the two services', () => {
    expect(arrows(caught)).toEqual([
      `you -> gateway: POST ${route}`,
      'gateway -> intruder: , meant for herald',
      'intruder -> herald: POST /notification',
      'herald -> intruder: body_mismatch',
    ]);
    expect(toSequence(caught).lifelines).toEqual(['you', 'gateway', 'intruder', 'herald']);
  });

  it('takes the refusal that its answer named into its transaction', () => {
    expect(toTransactions(caught)).toMatchObject([
      { id: 'one', title: 'Changed', codes: ['body_mismatch'], isQuiet: false },
    ]);
  });

  it('hands a caught call on, with everything that comes of it', () => {
    const steps = [
      { ...request, says: 'hands it on.', status: 201 },
      { ...request, says: 'again.', status: 401, code: 'token_replayed', instance },
    ];
    const replayed: readonly ShownRecord[] = [
      ...MESSAGE,
      { ...txn, service: 'herald', direction: 'inbound', time: time(21), decision: 'refused', code: 'token_replayed', tokenIdHash: 'first', instance },
      { ...txn, service: 'gateway', direction: 'attempt', time: time(21), title: 'Twice', caughtTokenIdHash: 'first', steps },
    ]; // prettier-ignore
    expect(toSequence(replayed).steps.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'you gateway',
      'gateway intruder',
      'intruder herald',
      'herald census',
      'census herald',
      'herald intruder',
      'intruder herald',
      'herald intruder',
      'gateway you',
    ]);
  });
});

describe('The list of transactions', () => {
  it('begins with the newest, and names what was asked for and for whom', () => {
    const later = {
      ...AT_GATEWAY[0],
      transactionId: 'two',
      time: time(100),
      method: 'GET',
      route: '/api/me',
    };
    const listed = toTransactions([...MESSAGE, later as ShownRecord]);
    expect(listed.map(({ id, title, isQuiet }) => ({ id, title, isQuiet }))).toEqual([
      { id: 'two', title: 'GET /api/me', isQuiet: true },
      { id: 'one', title: `POST ${route}`, isQuiet: false },
    ]);
  });

  it('has a refusal of an unknown caller as an entry of its own', () => {
    const refused: ShownRecord = { service: 'census', direction: 'inbound', time: time(1), decision: 'refused', code: 'issuer_untrusted', instance: 'urn:uuid:1', method: 'GET', route: '/user/:id' }; // prettier-ignore
    expect(toTransactions([refused])).toMatchObject([
      { id: 'urn:uuid:1', title: 'GET /user/:id at census', codes: ['issuer_untrusted'] },
    ]);
  });

  it('does not call one allowed that failed, though nobody refused it', () => {
    const [census, herald, gateway] = ANSWERS;
    const failed = [
      ...MESSAGE.filter(({ direction }) => direction !== 'answer'),
      { ...census!, status: 500 },
      { ...herald!, status: 502 },
      { ...gateway!, status: 502 },
    ];
    expect(toTransactions(MESSAGE)[0]?.codes).toEqual([]);
    expect(toTransactions(failed)[0]?.codes).toEqual(['500', '502']);
  });

  it('says of a refusal its code alone, not the status that came of it', () => {
    const refused: ShownRecord = { ...AT_CENSUS[0]!, decision: 'refused', code: 'policy_refused' };
    const answer: ShownRecord = { ...ANSWERS[2]!, status: 403 };
    expect(toTransactions([...AT_GATEWAY, refused, answer])[0]?.codes).toEqual(['policy_refused']);
  });

  it('shows what the page asks for by itself when it fails', () => {
    const asked: ShownRecord = { ...AT_GATEWAY[0]!, method: 'GET', route: '/api/me' };
    const answer = (status: number): ShownRecord => ({ ...ANSWERS[2]!, status });
    expect(toTransactions([asked, answer(200)])).toMatchObject([{ codes: [], isQuiet: true }]);
    expect(toTransactions([asked, answer(399)])).toMatchObject([{ codes: [], isQuiet: true }]);
    expect(toTransactions([asked, answer(400)])).toMatchObject([{ codes: ['400'], isQuiet: false }]);
  });
});
