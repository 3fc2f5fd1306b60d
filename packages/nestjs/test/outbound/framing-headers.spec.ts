import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type DestinationRecord } from '@countersign/core';
import { bodyHash } from '@countersign/core/adapter';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { claimsOf, startCalledService } from '../support/called-service.js';
import { BODY, COPIED, SMUGGLED } from '../support/copied-headers.js';
import { startRawServer, type RawServer } from '../support/raw-server.js';

describe.each(CLIENTS)('a call by $name whose headers were copied from an incoming request', (client) => {
  let issuer: TestIssuer;
  let raw: RawServer;
  let census: Application;

  beforeEach(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    raw = await startRawServer();
    const signed = {
      name: 'signed',
      url: `${raw.origin}/signed/`,
      onBehalfOf: 'service',
      authorize: 'mint',
    } as const;
    const destinations: DestinationRecord[] = [
      signed,
      { ...signed, name: 'unbound', url: `${raw.origin}/unbound/`, bodyBinding: 'off' },
      { ...signed, name: 'open', url: `${raw.origin}/open/`, authorize: 'none' },
    ];
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations, undeclared: 'send-without-token' },
      imports: [AuthorizedHttpModule],
    });
  });
  afterEach(async () => {
    await census.close();
    raw.close();
    await issuer.close();
  });

  /** The one message that was sent: its headers by their names, each of them sent once. */
  function theMessage() {
    expect(raw.connections).toHaveLength(1);
    const [{ requestLine, headers, rest }] = raw.connections as readonly [(typeof raw.connections)[number]];
    const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(fields.size).toBe(headers.length);
    return { requestLine, fields, rest };
  }

  it.each(['/signed/', '/unbound/', '/open/', '/undeclared/'])(
    'is one message to the host of its URL, framed by us: %s',
    async (path) => {
      const call: Call = { url: `${raw.origin}${path}`, method: 'POST', headers: COPIED, body: BODY };
      expect((await client.send(census.nest, call)).status).toBe(200);
      const { requestLine, fields, rest } = theMessage();
      expect(requestLine).toBe(`POST ${path} HTTP/1.1`);
      expect(fields.get('host')).toBe(new URL(raw.origin).host);
      expect(fields.get('content-length')).toBe(String(BODY.length));
      expect(rest).toBe(BODY);
      expect(fields.get('x-request-id')).toBe('kept');
      expect(fields.get('connection') ?? 'keep-alive').toBe('keep-alive');
      for (const name of Object.keys(COPIED).map((each) => each.toLowerCase())) {
        if (
          !['host', 'content-length', 'connection', 'x-request-id', 'countersign-timeout-ms'].includes(name)
        )
          expect([name, fields.get(name)]).toEqual([name, undefined]);
      }
      const isOurs = path === '/signed/' || path === '/unbound/';
      expect(fields.has('authorization')).toBe(isOurs);
      expect(fields.has('countersign-timeout-ms')).toBe(isOurs);
      expect(fields.get('countersign-timeout-ms')).not.toBe('600000');
    },
  );

  it.each(['DELETE', 'PATCH', 'OPTIONS'])(
    'is one message also when it is %s with a stream',
    async (method) => {
      for (const path of ['/signed/', '/unbound/']) {
        const body = Readable.from([Buffer.from(SMUGGLED)]);
        const call: Call = { url: `${raw.origin}${path}`, method, headers: COPIED, body };
        expect((await client.send(census.nest, call)).status).toBe(200);
      }
      const [signed, unbound] = raw.connections;
      expect(signed?.rest).toBe(SMUGGLED);
      expect(signed?.headers.filter(([name]) => /^transfer-encoding$/i.test(name))).toEqual([]);
      expect(unbound?.rest).toBe(`${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`);
      expect(unbound?.headers.filter(([name]) => /^(transfer-encoding|content-length)$/i.test(name))).toEqual(
        [[expect.stringMatching(/^transfer-encoding$/i), 'chunked']],
      );
    },
  );
});

describe.each(CLIENTS)('a connection that calls by $name share', (client) => {
  it('holds these calls and no other one, whatever length their headers say', async () => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const called = await startCalledService();
    const signed = { name: 'herald', url: called.origin, onBehalfOf: 'service', authorize: 'mint' } as const;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations: [signed] },
      imports: [AuthorizedHttpModule.register({ httpAgent: agent })],
    });
    try {
      for (const length of ['5', '0', '10000']) {
        const headers = { 'Content-Length': length };
        for (const method of ['POST', 'DELETE']) {
          const call: Call = { url: `${called.origin}/${length}`, method, headers, body: BODY };
          expect((await client.send(census.nest, call)).text).toBe('answer');
        }
      }
      expect(called.received.map(({ method, url }) => `${method} ${url}`)).toEqual(
        ['5', '0', '10000'].flatMap((length) => [`POST /${length}`, `DELETE /${length}`]),
      );
      for (const sent of called.received) expect(claimsOf(sent)).toMatchObject({ bdy: bodyHash(sent.body) });
      expect(called.received.map(({ body }) => body.toString())).toEqual(Array(6).fill(BODY));
    } finally {
      agent.destroy();
      await census.close();
      called.close();
      await issuer.close();
    }
  });
});
