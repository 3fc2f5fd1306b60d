import { createHash } from 'node:crypto';
import { manifestText, readManifest } from '../../../src/key-store/directory/manifest.js';

const kid = (seed: string): string => createHash('sha256').update(seed).digest('base64url');

const ACTIVE = {
  file: 'key-a.jwk.json',
  kid: kid('a'),
  alg: 'ES256',
  state: 'active',
  preparedAt: '2026-01-31T08:00:00.000Z',
  activatedAt: '2026-01-31T08:05:30.000Z',
};
const PENDING = {
  file: 'key-b.jwk.json',
  kid: kid('b'),
  alg: 'EdDSA',
  state: 'pending',
  preparedAt: '2026-01-31T09:00:00.000Z',
};
const MANIFEST = {
  version: 1,
  overlap: { verifierCacheSeconds: 300, longestTokenSeconds: 300 },
  keys: [ACTIVE, PENDING],
};

it('a manifest that is written is read as it was', () => {
  const rotation = readManifest(MANIFEST, 'manifest');
  expect(JSON.parse(manifestText(rotation))).toEqual(MANIFEST);
});

it('a moment is written to the millisecond, and never earlier than it was', () => {
  const { keys, overlap } = readManifest(MANIFEST, 'manifest');
  const moved = keys.map((key) => ({ ...key, preparedAt: 1_767_225_600.0001 }));
  const [first] = (JSON.parse(manifestText({ keys: moved, overlap })) as typeof MANIFEST).keys;
  expect(first?.preparedAt).toBe('2026-01-01T00:00:00.001Z');
});

const WRONG = [
  ['is no object', [], /manifest must be an object/],
  ['is of another version', { ...MANIFEST, version: 2 }, /manifest\.version must be 1/],
  ['has a member that is not known', { ...MANIFEST, comment: '' }, /comment is not an option/],
  ['has no overlap', { ...MANIFEST, overlap: undefined }, /overlap must be an object/],
  ['has half an overlap', { ...MANIFEST, overlap: { verifierCacheSeconds: 300 } }, /longestTokenSeconds must be/],
  ['has an overlap shorter than any verifier', { ...MANIFEST, overlap: { verifierCacheSeconds: 5, longestTokenSeconds: 300 } }, /verifierCacheSeconds must be/],
  ['has no keys', { ...MANIFEST, keys: undefined }, /keys must be an array/],
  ['has no active key', { ...MANIFEST, keys: [PENDING] }, /exactly one active key/],
  ['has two active keys', { ...MANIFEST, keys: [ACTIVE, { ...ACTIVE, kid: kid('c'), file: 'c.jwk.json' }] }, /exactly one active/],
  ['names a kid twice', { ...MANIFEST, keys: [ACTIVE, { ...PENDING, kid: ACTIVE.kid }] }, /twice/],
  ['names a file twice', { ...MANIFEST, keys: [ACTIVE, { ...PENDING, file: ACTIVE.file }] }, /twice/],
  ['leads out of the directory', { ...MANIFEST, keys: [{ ...ACTIVE, file: '../b.jwk.json' }] }, /file must be a plain/],
  ['leads to a hidden file', { ...MANIFEST, keys: [{ ...ACTIVE, file: '.b.jwk.json' }] }, /file must be a plain/],
  ['leads to another kind of file', { ...MANIFEST, keys: [{ ...ACTIVE, file: 'passwd' }] }, /file must be a plain/],
  ['has a kid that is no thumbprint', { ...MANIFEST, keys: [{ ...ACTIVE, kid: 'one' }] }, /kid must be an RFC 7638/],
  ['has an algorithm that we do not sign by', { ...MANIFEST, keys: [{ ...ACTIVE, alg: 'HS256' }] }, /alg must be one of/],
  ['has a state that is none', { ...MANIFEST, keys: [{ ...ACTIVE, state: 'resting' }] }, /state must be one of/],
  ['has a time in words', { ...MANIFEST, keys: [{ ...ACTIVE, preparedAt: 'yesterday' }] }, /preparedAt must be a time/],
  ['has a day that does not exist', { ...MANIFEST, keys: [{ ...ACTIVE, preparedAt: '2026-13-31T08:00:00Z' }] }, /preparedAt must be/],
  ['has an active key that never began', { ...MANIFEST, keys: [{ ...ACTIVE, activatedAt: undefined }] }, /must say activatedAt/],
  ['has a pending key that signed', { ...MANIFEST, keys: [ACTIVE, { ...PENDING, activatedAt: ACTIVE.activatedAt }] }, /no later time/],
  ['has more keys than verifiers read', { ...MANIFEST, keys: [ACTIVE, ...Array.from({ length: 32 }, (_, index) => ({ ...PENDING, kid: kid(String(index)), file: `${String(index)}.jwk.json` }))] }, /at most 32 keys/],
] as const; // prettier-ignore

it.each(WRONG)('a manifest is refused that %s', (_what, value, problem) => {
  expect(() => readManifest(value, 'manifest')).toThrow(problem);
  expect(() => readManifest(value, 'manifest')).toThrow(
    expect.objectContaining({ code: 'config_invalid' }) as Error,
  );
});
