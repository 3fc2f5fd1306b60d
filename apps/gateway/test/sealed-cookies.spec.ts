import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type SealedCookies, sealedCookies } from '../src/session/sealed-cookies.js';

const ALPHABET = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

let cookies: SealedCookies;

beforeEach(() => {
  cookies = sealedCookies({ key: createSecretKey(randomBytes(32)), isSecure: true });
});

/** A cookie as the browser sends it back. */
async function seal(content: Readonly<Record<string, string>>): Promise<string> {
  const response = new ServerResponse({ method: 'GET' } as IncomingMessage);
  await cookies.set(response, 'session', content, 60);
  return /^__Host-gateway-session=([^;]+);/.exec(String(response.getHeader('set-cookie')))![1]!;
}

/** The values that are found in a `Cookie` header of these octets. */
async function sent(header: string): Promise<readonly string[]> {
  let values: readonly string[] = [];
  const server = createServer((request, response) => {
    values = cookies.sent(request, 'session');
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' ? address!.port : 0, '127.0.0.1');
  socket.write(`GET / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nCookie: ${header}\r\n\r\n`, 'latin1');
  await text(socket);
  server.close();
  return values;
}

/** Every other last character of that part which decodes to the same octets. */
function twinsOf(sealed: string, index: number): readonly string[] {
  const parts = sealed.split('.');
  const part = parts[index]!;
  const octets = Buffer.from(part, 'base64url');
  return ALPHABET.map((last) => part.slice(0, -1) + last)
    .filter((twin) => twin !== part && Buffer.from(twin, 'base64url').equals(octets))
    .map((twin) => parts.with(index, twin).join('.'));
}

describe('A sealed cookie', () => {
  it('is opened for what it was sealed for', async () => {
    const sealed = await seal({ token: 'x' });
    expect(await cookies.open('session', sealed)).toMatchObject({ token: 'x' });
    expect(await cookies.open('login', sealed)).toBeUndefined();
  });

  it('is not opened with other bits at the end of a part, which decode to the same octets', async () => {
    // One of three lengths has such bits in its ciphertext, or all but one.
    const sealed = await Promise.all(['x', 'xx', 'xxx'].map((token) => seal({ token })));
    const twins = sealed.flatMap((each) => [0, 2, 3, 4].flatMap((index) => twinsOf(each, index)));
    expect(twins.length).toBeGreaterThan(3 * 15);
    for (const each of sealed) expect(await cookies.open('session', each)).toBeDefined();
    for (const twin of twins) expect(await cookies.open('session', twin)).toBeUndefined();
  });

  it.each<[string, (parts: readonly string[]) => readonly string[]]>([
    ['padding', (parts) => parts.with(4, `${parts[4]!}==`)],
    ['a space', (parts) => parts.with(4, ` ${parts[4]!}`)],
    ['a line break', (parts) => parts.with(3, `${parts[3]!}\n`)],
    ['the other alphabet', (parts) => parts.map((part) => part.replaceAll('-', '+').replaceAll('_', '/'))],
    ['a shorter tag', (parts) => parts.with(4, cut(parts[4]!, 0, 12))],
    ['a part of its tag among the ciphertext', (parts) => moved(parts, 4)],
    ['a part of its ciphertext in the tag', (parts) => moved(parts, -4)],
    ['a key of its own', (parts) => parts.with(1, 'AA')],
    ['a part more', (parts) => [...parts, '']],
  ])('is not opened with %s', async (_what, change) => {
    let sealed = await seal({ token: 'x' });
    // Until there is something for each of the changes to change.
    while (!/[-_]/.test(sealed)) sealed = await seal({ token: 'x' });
    expect(await cookies.open('session', sealed)).toBeDefined();
    expect(await cookies.open('session', change(sealed.split('.')).join('.'))).toBeUndefined();
  });

  it('is found among others, as often as it was sent', async () => {
    expect(await sent('a=b; __Host-gateway-session=x;\t__Host-gateway-session=y; c=d')).toEqual(['x', 'y']);
  });

  it.each([
    ['another', 'gateway-session=x'],
    ['a longer', '__Host-gateway-sessions=x'],
    // Browsers protect the prefix `__Host-` as they know it, and not what a server takes for it.
    ['another case of the', '__host-gateway-session=x'],
    ['no', '=__Host-gateway-session=x'],
    ['a no-break space before the', '\u00a0__Host-gateway-session=x'],
    ['a byte order mark before the', 'a=b; \u00ef\u00bb\u00bf__Host-gateway-session=x'],
    ['a vertical tab before the', '\u000b__Host-gateway-session=x'],
  ])('is not found under %s name', async (_what, header) => {
    expect(await sent('__Host-gateway-session=x')).toEqual(['x']);
    expect(await sent(header)).toEqual([]);
  });
});

function cut(part: string, from: number, to: number): string {
  return Buffer.from(part, 'base64url').subarray(from, to).toString('base64url');
}

/** With the dot between ciphertext and tag so many octets later; the octets stay the same. */
function moved(parts: readonly string[], octets: number): readonly string[] {
  const [header = '', key = '', iv = '', ciphertext = '', tag = ''] = parts;
  const all = Buffer.concat([ciphertext, tag].map((part) => Buffer.from(part, 'base64url')));
  const at = all.length - 16 + octets;
  return [
    header,
    key,
    iv,
    ...[all.subarray(0, at), all.subarray(at)].map((part) => part.toString('base64url')),
  ];
}
