import { Controller, Get, Post } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal, Scopes, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, REALM, SERVICE, startApplication, type Application } from '../support/application.js';
import { createDpopClient } from '../support/dpop-client.js';
import { useIssuer } from '../support/hooks/use-issuer.js';
import { bearer, send } from '../support/http.js';
import { expectRefusal } from '../support/refusals.js';

const ran: string[] = [];

@Controller('order')
class OrderController {
  @Get()
  @Authenticated()
  list(@CurrentPrincipal() { client }: Principal) {
    ran.push('list');
    return { client };
  }

  @Post()
  @Scopes('order:write')
  write() {
    ran.push('write');
  }
}

const DPOP = `DPoP realm="${SERVICE}"`;
const ALGS = 'algs="ES256 ES384 ES512 PS256 PS384 PS512 EdDSA Ed25519"';

describe.each(ADAPTERS)('a token that is bound to a key over $name', ({ adapter }) => {
  let idp: TestIssuer;
  let application: Application;

  useIssuer({ issuer: 'https://idp.example/', name: 'idp' }, (issuer) => void (idp = issuer));
  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(() => application.close());

  const start = async (options: Partial<CountersignOptions> = {}, dpop?: 'required' | 'accepted') => {
    const record = idp.trustRecord({ tokenType: 'at+jwt', algorithms: ['ES256'], scopes: ['order:read'] });
    application = await startApplication({
      adapter,
      controllers: [OrderController],
      options: {
        service: SERVICE,
        keys: idp.keyStore,
        trust: [dpop === undefined ? record : { ...record, dpop }],
        ...options,
      },
    });
    const client = await createDpopClient();
    const token = await idp.token({
      audience: SERVICE,
      header: { typ: 'at+jwt' },
      claims: { sub: 'user-1', client_id: 'web', cnf: client.confirmation },
    });
    return { client, token };
  };
  const read = { method: 'GET', uri: `${SERVICE}order` };

  it('opens the route with its proof, once', async () => {
    const { client, token } = await start();
    const headers = await client.headers(token, read);
    const answer = await send(application.origin, { path: '/order?page=2', headers });
    expect(answer.json).toEqual({ client: 'web' });
    const again = await send(application.origin, { path: '/order', headers });
    expectRefusal(again, {
      status: 401,
      code: 'dpop_proof_replayed',
      challenge: `${DPOP}, error="invalid_dpop_proof", ${ALGS}`,
    });
    expect(ran).toEqual(['list']);
  });

  it('needs a new proof for each request, also from a client whose other token is recalled', async () => {
    const { client, token } = await start();
    const claims = { sub: 'user-1', client_id: 'web' };
    const plain = await idp.token({ audience: SERVICE, header: { typ: 'at+jwt' }, claims });
    for (let time = 0; time < 2; time++)
      expect((await send(application.origin, { path: '/order', headers: [bearer(plain)] })).status).toBe(200);
    for (let time = 0; time < 2; time++) {
      const headers = await client.headers(token, read);
      expect((await send(application.origin, { path: '/order', headers })).status).toBe(200);
      expect((await send(application.origin, { path: '/order', headers })).json).toMatchObject({
        code: 'dpop_proof_replayed',
      });
    }
    const asBearer = await send(application.origin, { path: '/order', headers: [bearer(token)] });
    expect(asBearer.json).toMatchObject({ code: 'dpop_proof_missing' });
    expect(ran).toHaveLength(4);
  });

  it('is no bearer token', async () => {
    const { client, token } = await start();
    const answer = await send(application.origin, { path: '/order', headers: [bearer(token)] });
    const challenge = `${DPOP}, error="invalid_token", ${ALGS}`;
    expectRefusal(answer, { status: 401, code: 'dpop_proof_missing', challenge });
    const [, proof] = await client.headers(token, read);
    const withProof = await send(application.origin, { path: '/order', headers: [bearer(token), proof!] });
    expectRefusal(withProof, { status: 401, code: 'dpop_proof_missing', challenge });
    expect(ran).toEqual([]);
  });

  it('needs a proof for the method and the path of the request', async () => {
    const { client, token } = await start();
    const challenge = `${DPOP}, error="invalid_dpop_proof", ${ALGS}`;
    for (const other of [
      { method: 'POST', uri: read.uri },
      { method: 'GET', uri: `${SERVICE}invoice` },
      { method: 'GET', uri: `${application.origin}/order` },
    ]) {
      const headers = await client.headers(token, other);
      const answer = await send(application.origin, { path: '/order', headers });
      expectRefusal(answer, { status: 401, code: 'dpop_proof_invalid', challenge });
    }
    expect(ran).toEqual([]);
  });

  it('keeps its proof when the request is refused for something else', async () => {
    const { client, token } = await start();
    const headers = await client.headers(token, { method: 'POST', uri: read.uri });
    for (let time = 0; time < 2; time++) {
      const answer = await send(application.origin, { method: 'POST', path: '/order', headers });
      const challenge = `${DPOP}, error="insufficient_scope", scope="order:write", ${ALGS}`;
      expectRefusal(answer, { status: 403, code: 'scope_missing', challenge });
    }
  });

  it('is asked for by challenges where the trust record says so', async () => {
    await start({}, 'accepted');
    const missing = await send(application.origin, { path: '/order' });
    expect(missing.headers['www-authenticate']).toBe(`${REALM}, ${DPOP}, ${ALGS}`);
  });

  it('is the only one asked for where the trust record requires it', async () => {
    await start({}, 'required');
    const missing = await send(application.origin, { path: '/order' });
    expect(missing.headers['www-authenticate']).toBe(`${DPOP}, ${ALGS}`);
    const claims = { sub: 'user-1', client_id: 'web' };
    const token = await idp.token({ audience: SERVICE, header: { typ: 'at+jwt' }, claims });
    const unbound = await send(application.origin, { path: '/order', headers: [bearer(token)] });
    const challenge = `${DPOP}, error="invalid_token", ${ALGS}`;
    expectRefusal(unbound, { status: 401, code: 'token_not_bound', challenge });
  });

  it('gets a nonce with the first refusal, and is accepted with it', async () => {
    const { client, token } = await start({
      dpop: { nonceSecret: 'a secret of more than thirty-two characters' },
    });
    const first = await send(application.origin, {
      path: '/order',
      headers: await client.headers(token, read),
    });
    const challenge = `${DPOP}, error="use_dpop_nonce", ${ALGS}`;
    expectRefusal(first, { status: 401, code: 'dpop_nonce_required', challenge });
    expect(first.headers['cache-control']).toBe('no-store');
    const nonce = first.headers['dpop-nonce'];
    const headers = await client.headers(token, read, { nonce });
    expect((await send(application.origin, { path: '/order', headers })).status).toBe(200);
  });

  it('is answered in its scheme when it is not good', async () => {
    const { client } = await start();
    const claims = { sub: 'user-1', client_id: 'web', cnf: client.confirmation };
    const token = await idp.token({ audience: 'https://herald.service/', header: { typ: 'at+jwt' }, claims });
    const answer = await send(application.origin, {
      path: '/order',
      headers: await client.headers(token, read),
    });
    const challenge = `${DPOP}, error="invalid_token", ${ALGS}`;
    expectRefusal(answer, { status: 401, code: 'audience_mismatch', challenge });
  });
});
