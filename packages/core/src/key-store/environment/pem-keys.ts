import { invalidOption } from '../../options.js';
import { DAMAGED, ENCRYPTED, privateKeyInDer, CERTIFICATE, CUT_OFF, PUBLIC } from './der-key.js';

/** Between its lines a block may have any whitespace or none, and so may its label. What is around blocks is not read. */
const BLOCK = /-----BEGIN([A-Z0-9 ]+)-----(.*?)-----END([A-Z0-9 ]+)-----/gs;

/** What is wrong with a block, by its label without spaces. Undefined: nothing yet. */
const PROBLEMS: ReadonlyMap<string, string | undefined> = new Map([
  ['PRIVATEKEY', undefined],
  ['ECPRIVATEKEY', undefined],
  ['RSAPRIVATEKEY', undefined],
  ['ENCRYPTEDPRIVATEKEY', ENCRYPTED],
  ['PUBLICKEY', PUBLIC],
  ['RSAPUBLICKEY', PUBLIC],
  ['CERTIFICATE', CERTIFICATE],
  ['X509CERTIFICATE', CERTIFICATE],
  ['TRUSTEDCERTIFICATE', CERTIFICATE],
  ['OPENSSHPRIVATEKEY', 'is in the format of OpenSSH; write it as PKCS8'],
]);

/** OpenSSL writes the name of the curve before a key in SEC1. */
const CURVE = 'ECPARAMETERS';

/**
 * Reads the private keys of a text in PEM (RFC 7468; SEC1 and PKCS1 too), one for each block.
 * @returns each as PKCS8 in PEM; undefined where the text holds no PEM.
 * @throws TypeError `config_invalid` for a block that is something else, cut off or damaged; names `path` only.
 */
export function privateKeysInPem(text: string, path: string): readonly string[] | undefined {
  if (!/-(?:BEGIN|END)/.test(text)) return undefined;
  const blocks = [...text.matchAll(BLOCK)].map(([, begin = '', content = '', end = '']) => {
    const label = begin.replace(/ /g, '');
    if (content.includes('-----') || label !== end.replace(/ /g, '')) throw invalidOption(path, CUT_OFF);
    return { label, content };
  });
  if (/-(?:BEGIN|END)/.test(text.replace(BLOCK, ''))) throw invalidOption(path, CUT_OFF);
  const keys = blocks.filter(({ label }) => label !== CURVE);
  if (keys.length === 0) throw invalidOption(path, NO_KEY);
  return keys.map(({ label, content }, index) =>
    keyOfBlock(label, content, keys.length === 1 ? path : `${path}[${String(index)}]`),
  );
}

const NO_KEY = 'is PEM, but no private key';

function keyOfBlock(label: string, content: string, path: string): string {
  const problem = PROBLEMS.has(label) ? PROBLEMS.get(label) : NO_KEY;
  if (problem !== undefined) throw invalidOption(path, problem);
  // The header of an encrypted key in the old form (RFC 1421 section 4.6.1.1).
  if (content.includes('ENCRYPTED')) throw invalidOption(path, ENCRYPTED);
  const base64 = content.replace(/\s/g, '');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  const key = isBase64 ? privateKeyInDer(Buffer.from(base64, 'base64'), path) : undefined;
  if (key === undefined) throw invalidOption(path, DAMAGED);
  return key;
}
