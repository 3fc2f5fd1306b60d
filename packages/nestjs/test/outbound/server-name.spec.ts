import { Agent, createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AuthorizedFetch } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, type Application } from '../support/application.js';
import { type Certificate, createCertificate } from '../support/certificate.js';
import { openDispatcher } from '../support/dispatcher.js';

const destination = createCertificate('localhost');
const mallory = createCertificate('mallory.example');
/** Both names are certified, as by a public authority. */
const ca = [destination.cert, mallory.cert];

/** Whoever answers at the destination's address, with a certificate for the name that it is asked for, if it has one. */
async function startTlsServer(certificate: Certificate) {
  const asked: (string | undefined)[] = [];
  const received: { readonly host: string | undefined; readonly authorization: string | undefined }[] = [];
  const { cert, key } = certificate;
  const server = createServer(
    {
      SNICallback(servername, done) {
        asked.push(servername);
        done(null, createSecureContext({ cert, key }));
      },
    },
    ({ headers: { host, authorization } }, response) => {
      received.push({ host, authorization });
      response.end('answer');
    },
  );
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    received,
    host: `localhost:${String(port)}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface TlsClient {
  readonly name: string;
  send(nest: Application['nest'], url: string, headers: Record<string, string>): Promise<unknown>;
}

const TLS_CLIENTS: readonly TlsClient[] = [
  {
    name: 'axios',
    async send(nest, url, headers) {
      const httpsAgent = new Agent({ ca });
      try {
        return await nest.get(HttpService, { strict: false }).axiosRef.get(url, { headers, httpsAgent });
      } finally {
        httpsAgent.destroy();
      }
    },
  },
  {
    name: 'fetch',
    async send(nest, url, headers) {
      const dispatcher = openDispatcher({ connect: { ca } });
      try {
        return await (await nest.get(AuthorizedFetch).fetch(url, { headers, ...dispatcher.option })).text();
      } finally {
        await dispatcher.close();
      }
    },
  },
];

describe.each(TLS_CLIENTS)('a call by $name over TLS', (client) => {
  async function callTo(certificate: Certificate, headers: Record<string, string>) {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const server = await startTlsServer(certificate);
    const url = `https://${server.host}/`;
    const herald = { name: 'herald', url, onBehalfOf: 'service', authorize: 'mint' } as const;
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations: [herald] },
      imports: [AuthorizedHttpModule],
    });
    try {
      const error: unknown = await client.send(census.nest, url, headers).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return { error, ...server };
    } finally {
      await census.close();
      server.close();
      await issuer.close();
    }
  }

  it.each(['mallory.example', 'MALLORY.example', 'mallory.example:443'])(
    'asks for the certificate of its URL, whatever a Host header says: %s',
    async (name) => {
      for (const header of ['Host', 'host', 'HOST']) {
        const { error, asked, received, host } = await callTo(destination, { [header]: name });
        expect(error).toBeUndefined();
        expect(asked).toEqual(['localhost']);
        expect(received).toEqual([{ host, authorization: expect.stringMatching(/^Bearer eyJ/) as string }]);
      }
    },
  );

  it('gives nothing to a man in the middle who has a certificate for the name in a Host header', async () => {
    const { error, asked, received } = await callTo(mallory, { Host: 'mallory.example' });
    expect(asked).toEqual(['localhost']);
    expect(received).toEqual([]);
    // `fetch` says it in the cause of its error.
    const reason = client.name === 'fetch' ? (error as Error).cause : error;
    expect(reason).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });
});
