import { All, Controller, Get, Param } from '@nestjs/common';
import { Authenticated } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startApplication, type Application } from '../support/application.js';
import { createDpopClient } from '../support/dpop-client.js';
import { bearer, send } from '../support/http.js';

const ran: string[] = [];

@Controller()
@Authenticated()
class ExportController {
  @Get('user/:id')
  user(@Param('id') id: string) {
    ran.push(`user ${id}`);
  }

  @All('export/*')
  export() {
    ran.push('export');
  }
}

const OTHERS_PATHS = [
  ...['/export/../user/42', '/export/%2e%2e/user/42', '/export/.%2E/user/42', '/export/./%2e%2e/user/42'],
  ...['/export\\..\\user\\42', '/export/..\\user/42', '/export/%2e%2e%5cuser%5c42', '/export/..%2fuser/42'],
  ...['//../user/42', '/export/x#/../../user/42', 'http://census.service/user/42'],
];

describe.each(ADAPTERS)('over $name', ({ adapter }) => {
  let idp: TestIssuer;
  let herald: TestIssuer;
  let census: Application;

  beforeAll(async () => {
    idp = await TestIssuer.start({ issuer: 'https://idp.example/', name: 'idp' });
    herald = await TestIssuer.start({ issuer: 'https://herald.service/', name: 'herald' });
    const login = idp.trustRecord({ tokenType: 'at+jwt', algorithms: ['ES256'] });
    const options = { service: SERVICE, keys: idp.keyStore, trust: [login, herald.trustRecord()] };
    census = await startApplication({ adapter, controllers: [ExportController], options });
  });
  afterAll(async () => {
    await census.close();
    await Promise.all([idp.close(), herald.close()]);
  });
  beforeEach(() => void (ran.length = 0));

  /** A request with a proof for `htu`, made by the client that the token is bound to. */
  async function proven(path: string, htu: string) {
    const client = await createDpopClient();
    const claims = { sub: 'user-1', client_id: 'web', cnf: client.confirmation };
    const token = await idp.token({ audience: SERVICE, header: { typ: 'at+jwt' }, claims });
    const uri = new URL(htu, SERVICE).href;
    const headers = await client.headers(token, { method: 'GET', uri });
    return send(census.origin, { path, headers });
  }

  it('a proof opens the handler of its own path', async () => {
    expect((await proven('/user/42', '/user/42')).status).toBe(200);
    expect((await proven('/export/a%2Fb', '/export/a%2Fb')).status).toBe(200);
    expect(ran).toEqual(['user 42', 'export']);
  });

  it.each(OTHERS_PATHS)('the proof for user 42 opens no other handler: not by %s', async (path) => {
    const answer = await proven(path, '/user/42');
    expect([401, 404]).toContain(answer.status);
    if (answer.status === 401) expect(answer.json['code']).toBe('dpop_proof_invalid');
    expect(ran).toEqual([]);
  });

  it.each(['/export/%2e%2e/user/42', '/export/..%5cuser', '/export/a%5cb'])(
    'a token that is bound to %s is refused',
    async (path) => {
      const write = async (url: string) => {
        const claims = { bdy: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', htm: 'POST' };
        const htu = `${SERVICE.slice(0, -1)}${url}`;
        const token = await herald.token({ audience: SERVICE, claims: { ...claims, htu } });
        return send(census.origin, { method: 'POST', path: url, headers: [bearer(token)] });
      };
      expect((await write('/export/a')).status).toBe(200);
      expect((await write(path)).json['code']).toBe('binding_mismatch');
      expect(ran).toEqual(['export']);
    },
  );
});
