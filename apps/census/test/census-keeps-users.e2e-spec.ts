import { CENSUS, type Call, FRAMEWORKS, type RunningCensus, startCensus } from './support/running-census.js';

const ADMIN = 7;
const SUPPORT = 21;
const CUSTOMER = 42;

let census: RunningCensus;

async function ask(call: Call) {
  const response = await census.call(call);
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body };
}

async function addUser(name: string): Promise<string> {
  const body = { name, email: `${name}@census.example` };
  const response = await census.call({ method: 'POST', path: '/user/', as: ADMIN, body });
  return response.headers.get('location')!.slice(CENSUS.length - 1);
}

describe.each(FRAMEWORKS)('Census in $framework', (framework) => {
  beforeAll(async () => {
    census = await startCensus(framework);
  });

  afterAll(async () => {
    await census.close();
  });

  describe('GET /user/:id/', () => {
    const view = { uri: `${CENSUS}user/42/`, name: 'Census User', email: 'user@census.example' };

    it.each([
      ['the user itself', CUSTOMER],
      ['support', SUPPORT],
      ['an administrator', ADMIN],
    ])('shows a user to %s', async (_who, as) => {
      expect(await ask({ path: '/user/42/', as })).toMatchObject({ status: 200, body: view });
    });

    it('shows a user to no other customer', async () => {
      expect(await ask({ path: '/user/21/', as: CUSTOMER })).toMatchObject({
        status: 403,
        body: { code: 'policy_refused' },
      });
    });

    it('refuses a customer alike whether the other user exists or not', async () => {
      const [existing, missing] = [
        await ask({ path: '/user/21/', as: 42 }),
        await ask({ path: '/user/22/', as: 42 }),
      ];
      expect(missing.status).toBe(existing.status);
      expect(missing.body).toMatchObject({ code: 'policy_refused' });
    });

    it.each([
      ['a token without the scope', { as: CUSTOMER, scope: 'user:write' }, 'scope_missing'],
      [
        'a service that speaks for itself, whatever roles it gives itself',
        { roles: ['admin'] },
        'user_required',
      ],
      ['a user whom census does not know', { as: 99 }, 'subject_unknown'],
    ])('refuses %s', async (_case, call, code) => {
      expect(await ask({ path: '/user/42/', ...call })).toMatchObject({ status: 403, body: { code } });
    });

    it('refuses a request without a token', async () => {
      const response = await fetch(`${census.url}/user/42/`);
      expect([response.status, await response.json()]).toMatchObject([401, { code: 'token_missing' }]);
    });

    it.each(['0', '042', '-1', '1e1', '99', '2147483648', '99999999999999999999', 'abc', '%3Cscript%3E'])(
      'answers 404 when the id is %s',
      async (id) => {
        const response = await census.call({ path: `/user/${id}/`, as: ADMIN });
        const text = await response.text();
        expect([response.status, JSON.parse(text)]).toMatchObject([404, { code: 'not_found' }]);
        expect(text).not.toContain('script');
      },
    );
  });

  describe('GET /user/', () => {
    it('gives all users in pages, each user once', async () => {
      await Promise.all(Array.from({ length: 5 }, (_, index) => addUser(`paged-${index}`)));
      const seen: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const cursor: string = next === '' ? '' : `&cursor=${next}`;
        const { body } = await ask({ path: `/user/?limit=2${cursor}`, as: ADMIN });
        const page = body as { items: { uri: string }[]; next: string | null };
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ uri }) => uri));
        next = page.next;
      }
      expect(seen.slice(0, 3)).toEqual([7, 21, 42].map((id) => `${CENSUS}user/${id}/`));
      expect(seen.length).toBeGreaterThanOrEqual(8);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it("is for administrators by census's own records, not by what a token says", async () => {
      expect(await ask({ path: '/user/', as: SUPPORT, roles: ['admin'] })).toMatchObject({
        status: 403,
        body: { code: 'role_missing' },
      });
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=1.5',
      'limit=ten',
      'limit=1&limit=2',
      'cursor=',
      'cursor=21',
      'cursor=YWZ0ZXI6LTE',
      'cursor=YWZ0ZXI6MjE=',
      `cursor=${'A'.repeat(100)}`,
      'cursor[]=YWZ0ZXI6MjE',
      'color=red',
    ])('refuses the query %s', async (query) => {
      expect(await ask({ path: `/user/?${query}`, as: ADMIN })).toMatchObject({
        status: 400,
        body: { code: 'input_invalid' },
      });
    });
  });

  describe('POST /user/', () => {
    it('adds a user, who can be asked for at once', async () => {
      const body = { name: 'Ada <b>', email: 'ada@census.example' };
      const added = await ask({ method: 'POST', path: '/user/', as: ADMIN, body });
      expect(added).toMatchObject({ status: 201, body });
      const location = added.headers.get('location')!;
      expect(location).toMatch(/^https:\/\/census\.service\/user\/\d+\/$/);
      expect(await ask({ path: location.slice(CENSUS.length - 1), as: ADMIN })).toMatchObject({
        status: 200,
        body,
      });
    });

    it('refuses an address that another user has', async () => {
      const body = { name: 'Double', email: 'User@census.example' };
      expect(await ask({ method: 'POST', path: '/user/', as: ADMIN, body })).toMatchObject({
        status: 409,
        body: { code: 'email_taken' },
      });
    });

    it('is for administrators', async () => {
      const body = { name: 'Eve', email: 'eve@census.example', role: 'admin' };
      expect(await ask({ method: 'POST', path: '/user/', as: SUPPORT, body })).toMatchObject({
        status: 403,
        body: { code: 'role_missing' },
      });
    });

    it.each([
      ['no body', undefined, undefined],
      ['no JSON', '{"name":', undefined],
      ['an array', [], '#'],
      ['no name', { email: 'a@census.example' }, '#/name'],
      ['a name of spaces', { name: '  ', email: 'a@census.example' }, '#/name'],
      ['a name with a line break', { name: 'a\r\nBcc: b', email: 'a@census.example' }, '#/name'],
      ['a long name', { name: 'x'.repeat(201), email: 'a@census.example' }, '#/name'],
      ['an address without a host', { name: 'A', email: 'a' }, '#/email'],
      ['two addresses', { name: 'A', email: 'a@census.example, b@census.example' }, '#/email'],
      ['an unknown role', { name: 'A', email: 'a@census.example', role: 'root' }, '#/role'],
      ['an unknown member', { name: 'A', email: 'a@census.example', isAdmin: true }, '#'],
    ])('refuses %s and adds nobody', async (_case, body, pointer) => {
      const answer = await ask({ method: 'POST', path: '/user/', as: ADMIN, body });
      expect(answer).toMatchObject({ status: 400, body: { code: 'input_invalid' } });
      if (pointer !== undefined) expect(answer.body).toMatchObject({ errors: [{ pointer }] });
      const { body: all } = await ask({ path: '/user/?limit=100', as: ADMIN });
      expect(JSON.stringify(all)).not.toContain('"a@census.example"');
    });
  });

  describe('PATCH /user/:id/', () => {
    it('lets users change their own record, and nothing else in it', async () => {
      const path = await addUser('grace');
      const as = Number(path.split('/')[2]);
      expect(await ask({ method: 'PATCH', path, as, body: { name: 'Grace H.' } })).toMatchObject({
        status: 200,
        body: { name: 'Grace H.', email: 'grace@census.example' },
      });
      expect(await ask({ method: 'PATCH', path, as, body: { role: 'admin' } })).toMatchObject({
        status: 400,
        body: { code: 'input_invalid' },
      });
      expect(await ask({ path: '/user/', as })).toMatchObject({
        status: 403,
        body: { code: 'role_missing' },
      });
    });

    it('lets administrators change any record, and support none but their own', async () => {
      const path = await addUser('linus');
      const body = { email: 'linus.new@census.example' };
      expect(await ask({ method: 'PATCH', path, as: SUPPORT, body })).toMatchObject({
        status: 403,
        body: { code: 'policy_refused' },
      });
      expect(await ask({ method: 'PATCH', path, as: ADMIN, body })).toMatchObject({ status: 200, body });
    });

    it('refuses a change of nothing, an address that is taken, and a user who does not exist', async () => {
      const path = '/user/21/';
      const change = (body: unknown, where = path) => ask({ method: 'PATCH', path: where, as: ADMIN, body });
      expect(await change({})).toMatchObject({ status: 400, body: { code: 'input_invalid' } });
      expect(await change({ email: 'user@census.example' })).toMatchObject({
        status: 409,
        body: { code: 'email_taken' },
      });
      expect(await change({ name: 'Nobody' }, '/user/99/')).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    });
  });

  describe('the service', () => {
    it('does not say what it runs on', async () => {
      const response = await fetch(`${census.url}/health`);
      expect(response.headers.has('x-powered-by')).toBe(false);
    });

    it('says to everybody whether it is well', async () => {
      const response = await fetch(`${census.url}/health`);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    });

    it('publishes its public key', async () => {
      const response = await fetch(`${census.url}/.well-known/jwks.json`);
      expect(await response.json()).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256' }] });
    });

    it('answers an address that it does not have with a problem', async () => {
      const response = await fetch(`${census.url}/users/`);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'not_found' }]);
    });
  });
});
