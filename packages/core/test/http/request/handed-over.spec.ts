import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TestIssuer } from '@countersign/testing';
import { createVerifier, type Verifier } from '../../../src/index.js';
import { RequestStates, SentRequest, type RawRequest } from '../../../src/http.js';
import { codeOf } from '../../support/scene.js';
import { readAll } from '../../support/tap-server.js';

const ORDER = 'https://order.service/';
const BODY = '{"item":1}';

interface HandedOver {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Pushed once somebody reads, by a `_read` of the request's own. */
  readonly body?: Buffer | string;
  readonly members?: object;
}

/** A request as wrappers for serverless platforms make it: without `rawHeaders`, and received in full. */
function handedOver({ method = 'GET', headers = {}, body, members }: HandedOver): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method, url: '/order', headers, complete: true }, members);
  if (body !== undefined) {
    request._read = () => {
      request.push(body);
      request.push(null);
    };
  }
  return request;
}

describe('A request that a serverless platform hands over', () => {
  let herald: TestIssuer;
  let verifier: Verifier;
  let states: RequestStates;

  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  });
  afterAll(() => herald.close());
  beforeEach(() => {
    verifier = createVerifier({ service: ORDER, trust: [herald.trustRecord({})] });
    states = new RequestStates({ verifier, maxBodyBytes: 1000 });
  });

  const tokenOf = (body?: string) =>
    herald.token({
      audience: ORDER,
      ...(body !== undefined && { bind: { method: 'POST', url: '/order', body } }),
    });

  function enter(request: RawRequest, by = states): SentRequest {
    by.enter(request, new ServerResponse(request), () => undefined);
    return new SentRequest(by.required(request));
  }

  /** The name of the caller. */
  async function caller(request: RawRequest, by = states): Promise<string> {
    const { principal } = await verifier.authenticate(enter(request, by));
    return principal.caller.name;
  }

  const refusal = (request: RawRequest, by = states) =>
    codeOf((async () => await verifier.authenticate(enter(request, by)))());

  describe('lists its headers', () => {
    it.each([
      ['an empty list', { rawHeaders: [] }],
      ['no list', { rawHeaders: undefined }],
    ])('from their names where it has %s', async (_what, members) => {
      const headers = { host: 'order.service', authorization: `Bearer ${await tokenOf()}` };
      expect(await caller(handedOver({ headers, members }))).toBe('herald');
    });

    it('unless the list is there: it stays as it is, whatever the names say', async () => {
      const rawHeaders = ['Host', 'order.service'];
      const headers = { authorization: `Bearer ${await tokenOf()}` };
      const request = handedOver({ headers, members: { rawHeaders } });
      expect(await refusal(request)).toBe('token_missing');
      expect(request.rawHeaders).toBe(rawHeaders);
      expect([...rawHeaders]).toEqual(['Host', 'order.service']);
    });

    it.each([
      ['a list of two', (token: string) => [token, token]],
      ['two that are joined by a comma', (token: string) => `${token},${token}`],
      ['two that are joined by a comma and a space', (token: string) => `${token}, ${token}`],
    ])('and refuses an Authorization that is %s', async (_what, valueOf) => {
      const authorization = valueOf(`Bearer ${await tokenOf()}`);
      expect(await refusal(handedOver({ headers: { authorization } }))).toBe('request_malformed');
    });

    it.each([
      ['once', 1, 'herald'],
      ['twice', 2, 'request_malformed'],
    ])('from the event, where the token is listed %s', async (_what, times, result) => {
      const value = `Bearer ${await tokenOf()}`;
      const event = {
        headers: { Authorization: value },
        multiValueHeaders: { Authorization: Array.from({ length: times }, () => value) },
      };
      const request = handedOver({ headers: { authorization: value }, members: { apiGateway: { event } } });
      expect(times === 1 ? await caller(request) : await refusal(request)).toBe(result);
    });

    it('from the event, where two names differ in their letters only', async () => {
      const value = `Bearer ${await tokenOf()}`;
      const event = { headers: { Authorization: value, authorization: value }, multiValueHeaders: null };
      const request = handedOver({ headers: { authorization: value }, members: { apiGateway: { event } } });
      expect(await refusal(request)).toBe('request_malformed');
    });
  });

  describe('has a body', () => {
    const write = async (more: HandedOver, signed = BODY): Promise<IncomingMessage> =>
      handedOver({
        method: 'POST',
        headers: { authorization: `Bearer ${await tokenOf(signed)}`, 'content-length': BODY.length },
        ...more,
      });

    it('that is hashed although nobody has read it, and is there for its reader', async () => {
      const request = await write({ body: BODY });
      expect(await caller(request)).toBe('herald');
      expect((await readAll(request)).toString()).toBe(BODY);
    });

    it('that is hashed while somebody reads it before', async () => {
      const request = await write({ body: BODY });
      const sent = enter(request);
      expect((await readAll(request)).toString()).toBe(BODY);
      expect(await verifier.authenticate(sent)).toMatchObject({ bound: true });
    });

    it('that is refused where another one was signed', async () => {
      expect(await refusal(await write({ body: '{"item":2}' }))).toBe('body_mismatch');
    });

    it('that is seen although no header says that there is one', async () => {
      const authorization = `Bearer ${await tokenOf('')}`;
      const request = handedOver({ method: 'POST', headers: { authorization }, body: BODY });
      expect(await refusal(request)).toBe('body_mismatch');
    });

    it('that is refused above the limit', async () => {
      const large = 'x'.repeat(1001);
      expect(await refusal(await write({ body: large }, large))).toBe('body_too_large');
    });

    it.each([
      ['was read by somebody', async (request: IncomingMessage) => await readAll(request)],
      ['was asked for by somebody', (request: IncomingMessage) => void request.read(0)],
    ])('that is not trusted where it %s before', async (_what, before) => {
      const request = await write({ body: BODY, members: { rawBody: Buffer.from(BODY) } });
      await before(request);
      expect(await refusal(request)).toBe('raw_body_unavailable');
    });

    it('that is not trusted where nothing pushes it', async () => {
      expect(await refusal(await write({ members: { body: Buffer.from(BODY) } }))).toBe(
        'raw_body_unavailable',
      );
    });
  });

  describe('has its body in a property', () => {
    const platform = () => new RequestStates({ verifier, maxBodyBytes: 1000, rawBodyProperty: 'rawBody' });

    async function write(rawBody: unknown, signed = BODY): Promise<IncomingMessage> {
      const headers = { authorization: `Bearer ${await tokenOf(signed)}`, 'content-length': signed.length };
      const request = handedOver({ method: 'POST', headers, body: signed, members: { rawBody } });
      await readAll(request);
      return request;
    }

    it.each([
      ['octets', Buffer.from(BODY)],
      ['text', BODY],
    ])('as %s, which are hashed', async (_what, rawBody) => {
      expect(await caller(await write(rawBody), platform())).toBe('herald');
    });

    it.each([
      ['another body', Buffer.from('{"item":2}'), 'body_mismatch'],
      ['nothing', Buffer.alloc(0), 'body_mismatch'],
      ['what a parser made of it', { item: 1 }, 'raw_body_unavailable'],
      ['null', null, 'raw_body_unavailable'],
      ['no property', undefined, 'raw_body_unavailable'],
    ])('and is refused where that holds %s', async (_what, rawBody, code) => {
      expect(await refusal(await write(rawBody), platform())).toBe(code);
    });

    it.each([
      ['at it', 1000, 'herald'],
      ['above it', 1001, 'body_too_large'],
    ])('and has the limit of every body: %s', async (_what, length, result) => {
      const large = 'x'.repeat(length);
      const request = await write(Buffer.from(large), large);
      expect(length > 1000 ? await refusal(request, platform()) : await caller(request, platform())).toBe(
        result,
      );
    });

    it('which is not looked at where nobody has read the request: its stream decides', async () => {
      const headers = { authorization: `Bearer ${await tokenOf(BODY)}` };
      const request = handedOver({ method: 'POST', headers, body: '{"item":2}', members: { rawBody: BODY } });
      expect(await refusal(request, platform())).toBe('body_mismatch');
    });
  });
});
