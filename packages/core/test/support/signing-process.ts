import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that alone holds a private key, as a key management service does. It tells the public one, and signs. */
export interface SigningProcess {
  /** In PEM. */
  readonly publicKey: string;
  /** Its answer to these octets; waits for ever when it does not answer. Rejects when the process has ended. */
  sign(input: Buffer): Promise<Buffer>;
  /** From now on it answers so: `well`, not at all, with an error, or with the signature of another key. */
  behave(how: 'well' | 'silent' | 'failing' | 'foreign'): void;
  close(): void;
}

const PROGRAM = `
import { generateKeyPairSync, sign } from 'node:crypto';
import { createInterface } from 'node:readline';
const [type, options, hash, dsaEncoding] = JSON.parse(process.argv[1]);
const pair = () => generateKeyPairSync(type, options);
const { privateKey, publicKey } = pair();
const foreign = pair().privateKey;
const say = (line) => console.log(JSON.stringify(line));
say({ publicKey: publicKey.export({ format: 'pem', type: 'spki' }) });
let how = 'well';
createInterface(process.stdin).on('line', (line) => {
  const { id, input, behave } = JSON.parse(line);
  if (behave !== undefined) how = behave;
  else if (how === 'failing') say({ id, error: 'the device is locked' });
  else if (how !== 'silent') {
    const key = how === 'foreign' ? foreign : privateKey;
    say({ id, signature: sign(hash, Buffer.from(input, 'base64'), { key, dsaEncoding }).toString('base64') });
  }
});`;

const KEYS = {
  ES256: ['ec', { namedCurve: 'P-256' }, 'sha256'],
  ES384: ['ec', { namedCurve: 'P-384' }, 'sha384'],
  EdDSA: ['ed25519', {}, null],
  RS256: ['rsa', { modulusLength: 2048 }, 'sha256'],
} as const;

interface Answer {
  readonly id?: number;
  readonly publicKey?: string;
  readonly signature?: string;
  readonly error?: string;
}

export async function startSigningProcess(
  algorithm: keyof typeof KEYS,
  signatureFormat: 'jose' | 'der' = 'jose',
): Promise<SigningProcess> {
  const setup = [...KEYS[algorithm], signatureFormat === 'der' ? 'der' : 'ieee-p1363'];
  const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(setup)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let publicKey: ((pem: string) => void) | undefined;
  const first = new Promise<string>((resolve) => (publicKey = resolve));
  createInterface(child.stdout).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    if (answer.publicKey !== undefined) publicKey?.(answer.publicKey);
    waiting.get(answer.id ?? 0)?.(answer);
  });
  child.once('exit', () => {
    for (const answered of waiting.values()) answered({ error: 'the device is gone' });
  });
  child.stdin.on('error', () => undefined);
  let last = 0;
  return {
    publicKey: await first,
    async sign(input) {
      const id = (last += 1);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('the device is gone');
      child.stdin.write(`${JSON.stringify({ id, input: input.toString('base64') })}\n`);
      const { signature, error } = await new Promise<Answer>((resolve) => waiting.set(id, resolve));
      if (signature === undefined) throw new Error(error);
      return Buffer.from(signature, 'base64');
    },
    behave: (behave) => void child.stdin.write(`${JSON.stringify({ behave })}\n`),
    close: () => void child.kill(),
  };
}
