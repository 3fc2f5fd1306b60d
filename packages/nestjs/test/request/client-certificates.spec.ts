import { createHash } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CountersignModule } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { SERVICE } from '../support/application.js';
import { createCertificate, type Certificate } from '../support/certificate.js';
import { OrderController } from '../support/controllers/order.controller.js';

class RootModule {}

const server = createCertificate('census.service');
const client = createCertificate('storefront');
const other = createCertificate('storefront');
const https = { cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false };

const PLATFORMS = [
  { name: 'Express', adapter: () => new ExpressAdapter(), options: { httpsOptions: https } },
  { name: 'Fastify', adapter: () => new FastifyAdapter({ https }), options: {} },
];

describe.each(PLATFORMS)(
  'a token that is bound to a client certificate over $name',
  ({ adapter, options }) => {
    let idp: TestIssuer;
    let application: INestApplication;
    let port: number;

    beforeAll(async () => {
      idp = await TestIssuer.start({ issuer: 'https://idp.example/', name: 'idp' });
      const trust = [idp.trustRecord({ tokenType: 'at+jwt', algorithms: ['ES256'] })];
      const countersign = CountersignModule.forRoot({
        service: SERVICE,
        keys: idp.keyStore,
        trust,
        decisions: { record: () => undefined },
      });
      const root = { module: RootModule, imports: [countersign], controllers: [OrderController] };
      application = await NestFactory.create(root, adapter(), { ...options, logger: false });
      await application.listen(0, '127.0.0.1');
      port = (application.getHttpServer() as { address(): AddressInfo }).address().port;
    });
    afterAll(async () => {
      await application.close();
      await idp.close();
    });

    async function send(certificate?: Certificate, headers: Readonly<Record<string, string>> = {}) {
      const cnf = { 'x5t#S256': createHash('sha256').update(client.raw).digest('base64url') };
      const claims = { sub: 'user-1', client_id: 'web', cnf };
      const token = await idp.token({ audience: SERVICE, header: { typ: 'at+jwt' }, claims });
      return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const request = httpsRequest({
          host: '127.0.0.1',
          port,
          path: '/order',
          agent: false,
          rejectUnauthorized: false,
          ...(certificate && { cert: certificate.cert, key: certificate.key }),
          headers: { authorization: `Bearer ${token}`, ...headers },
        });
        request.on('error', reject).on('response', (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode, text }));
        });
        request.end();
      });
    }

    it('opens the route over a connection with that certificate', async () => {
      expect(await send(client)).toEqual({ status: 200, text: '[]' });
    });

    it.each([
      ['another certificate of the same name', other],
      ['no certificate', undefined],
    ])('is refused over a connection with %s', async (_what, certificate) => {
      const { status, text } = await send(certificate);
      expect(status).toBe(401);
      expect(JSON.parse(text)).toMatchObject({ code: 'certificate_mismatch' });
    });

    it('is refused when a header brings the certificate', async () => {
      const der = client.raw.toString('base64');
      const headers = {
        'client-cert': `:${der}:`,
        'x-client-cert': encodeURIComponent(client.cert),
        'x-ssl-client-cert': der,
        'x-forwarded-client-cert': `Cert="${encodeURIComponent(client.cert)}"`,
      };
      const { status, text } = await send(undefined, headers);
      expect(status).toBe(401);
      expect(JSON.parse(text)).toMatchObject({ code: 'certificate_mismatch' });
    });
  },
);
