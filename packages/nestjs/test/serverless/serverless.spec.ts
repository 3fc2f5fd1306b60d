import { type TestIssuer } from '@countersign/testing';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import {
  APPLICATIONS,
  MAX_BODY_BYTES,
  ORDER,
  type Received,
  type ServerlessApplication,
} from './applications.js';
import { PLATFORMS, type Sent } from './events.js';
import { WRAPPERS, type Answered, type Invoke } from './wrappers.js';

const JSON_BODY = '{"item":"Zürich"}';
const BINARY = Buffer.from([0, 255, 254, 10, 13, 128, 0]);

describe.each(APPLICATIONS)('$name in a function', ({ create }) => {
  let herald: TestIssuer;
  let application: ServerlessApplication;
  const received: Received[] = [];
  useIssuer(HERALD, (issuer) => void (herald = issuer));

  beforeAll(async () => {
    application = await create(herald, (each) => received.push(each));
  });
  afterAll(() => application.close());
  beforeEach(() => void (received.length = 0));

  describe.each(WRAPPERS)('by $name', ({ wrap }) => {
    describe.each(PLATFORMS)('behind $name', (platform) => {
      let invoke: Invoke;
      beforeAll(() => void (invoke = wrap(application.listener)));

      const send = (sent: Sent): Promise<Answered> => invoke(platform, sent);

      function tokenOf(bind?: {
        readonly method: string;
        readonly body: Uint8Array | string;
      }): Promise<string> {
        return herald.token({
          audience: ORDER,
          claims: { scope: 'order:write' },
          ...(bind !== undefined && { bind: { ...bind, url: '/order' } }),
        });
      }

      /** A write with a token for `signed`, and another body if one is given. */
      async function write(signed: Buffer | string, type: string, body = signed, more: Sent['headers'] = []) {
        const token = await tokenOf({ method: 'POST', body: signed });
        const headers = [['Authorization', `Bearer ${token}`], ['Content-Type', type], ...more] as const;
        const sent: Sent = { method: 'POST', headers, body };
        return { sent, answer: await send(sent) };
      }

      function expectRefused(answer: Answered, status: number, code: string): void {
        expect({ status: answer.status, code: answer.json['code'] }).toEqual({ status, code });
      }

      it('is called by a read', async () => {
        const answer = await send({ headers: [['Authorization', `Bearer ${await tokenOf()}`]] });
        expect(answer.status).toBe(200);
        expect(received).toEqual([{ caller: 'herald', body: '' }]);
      });

      it('is called by a write of text, whose body its handler sees', async () => {
        const { answer } = await write(JSON_BODY, 'application/json');
        expect(answer.status).toBeLessThan(300);
        expect(received).toHaveLength(1);
        expect([JSON_BODY, Buffer.from(JSON_BODY).toString('latin1')]).toContain(received[0]?.body);
      });

      it('is called by a write of octets, which come in base64', async () => {
        const { answer } = await write(BINARY, 'application/octet-stream');
        expect(answer.status).toBeLessThan(300);
        expect(received).toEqual([{ caller: 'herald', body: BINARY.toString('latin1') }]);
      });

      it('is called by a write without a body', async () => {
        const token = await tokenOf({ method: 'POST', body: '' });
        const answer = await send({ method: 'POST', headers: [['Authorization', `Bearer ${token}`]] });
        expect(answer.status).toBeLessThan(300);
        expect(received).toHaveLength(1);
      });

      it('refuses a body of which one octet was changed', async () => {
        const { answer } = await write(JSON_BODY, 'application/json', JSON_BODY.replace('Z', 'z'));
        expectRefused(answer, 401, 'body_mismatch');
        expect(received).toEqual([]);
      });

      it('refuses a body where an empty one was signed', async () => {
        const { answer } = await write('', 'application/json', JSON_BODY);
        expectRefused(answer, 401, 'body_mismatch');
        expect(received).toEqual([]);
      });

      it('refuses a body whose length is said to be 0, unless a parser did already', async () => {
        const { answer } = await write('', 'application/json', JSON_BODY, [['Content-Length', '0']]);
        if (answer.status !== 400) expectRefused(answer, 401, 'body_mismatch');
        expect(received).toEqual([]);
      });

      it('refuses a body that was left out', async () => {
        const token = await tokenOf({ method: 'POST', body: JSON_BODY });
        const answer = await send({ method: 'POST', headers: [['Authorization', `Bearer ${token}`]] });
        expectRefused(answer, 401, 'body_mismatch');
        expect(received).toEqual([]);
      });

      it('refuses a body above the limit', async () => {
        const type = 'application/octet-stream';
        expect((await write(Buffer.alloc(MAX_BODY_BYTES), type)).answer.status).toBeLessThan(300);
        const { answer } = await write(Buffer.alloc(MAX_BODY_BYTES + 1), type);
        expectRefused(answer, 413, 'body_too_large');
        expect(received).toHaveLength(1);
      });

      it('refuses a write that is sent again', async () => {
        const { sent } = await write(JSON_BODY, 'application/json');
        expectRefused(await send(sent), 401, 'token_replayed');
        expect(received).toHaveLength(1);
      });

      it('refuses a write whose token is bound to nothing', async () => {
        const headers = [['Authorization', `Bearer ${await tokenOf()}`]] as const;
        expectRefused(await send({ method: 'POST', headers, body: '{}' }), 401, 'body_binding_missing');
        expect(received).toEqual([]);
      });

      it.each([
        ['in one header', 'Authorization', 'Authorization'],
        ['in two', 'Authorization', 'JWT'],
      ])('refuses two tokens %s, also where both are good', async (_where, first, second) => {
        const token = await tokenOf();
        const value = (name: string) => (name === 'JWT' ? token : `Bearer ${token}`);
        const headers = [
          [first, value(first)],
          [second, value(second)],
        ] as const;
        expectRefused(await send({ headers }), 400, 'request_malformed');
        expect(received).toEqual([]);
      });

      it('challenges a request without a token', async () => {
        const answer = await send({});
        expectRefused(answer, 401, 'token_missing');
        expect(answer.challenge).toBe(`Bearer realm="${ORDER}"`);
        expect(received).toEqual([]);
      });
    });
  });
});
