import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { startWire } from '../src/wire.js';

describe('The way from the gateway to herald', () => {
  it('is watched for calls with a token: what an open page asks for passes, and changes nothing', async () => {
    const bodies: string[] = [];
    const herald = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(body);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(herald, 'listening');
    const address = herald.address();
    const target = `http://127.0.0.1:${String(typeof address === 'object' && address?.port)}/`;
    const wire = await startWire(0, target);
    const { url } = wire;
    try {
      const call = { method: 'POST', headers: { Authorization: 'Bearer x' }, body: 'one' };
      await fetch(`${url}notification`, call);
      wire.changeNext((body) => `${body}, changed`);
      expect((await fetch(`${url}development/mails`)).status).toBe(200);
      expect(wire.seen).toMatchObject({ method: 'POST', path: '/notification', body: 'one' });
      await fetch(`${url}notification`, { ...call, body: 'two' });
      expect(bodies).toEqual(['one', '', 'two, changed']);
    } finally {
      await wire.stop();
      herald.close();
      herald.closeAllConnections();
    }
  });
});
