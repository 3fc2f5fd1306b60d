import { type Decision, type DecisionLog } from './decision.js';
import { type Call, type SignedCall } from './sign-call.js';

/** One scene: what is tried, what should come of it, and what did. */
export interface Scene {
  readonly title: string;
  readonly expected: Outcome;
  readonly signer: Script['signer'];
  readonly request: Call;
  readonly signed: SignedCall;
  /** The body as it was sent, when that is not the one that was signed. */
  readonly changedBody: string | undefined;
  readonly answer: Answer;
  readonly decisions: readonly Decision[];
}

/** A status and, for a refusal, the code in the problem document. */
export interface Outcome {
  readonly status: number;
  readonly code?: string;
}

export interface Answer extends Outcome {
  readonly location: string | undefined;
  readonly challenge: string | undefined;
}

export interface Stage {
  /** The storefront signs for its users; the thief has herald's key, and nobody called it. */
  readonly signers: Readonly<Record<Script['signer'], (call: Call) => Promise<SignedCall>>>;
  readonly urls: Readonly<Record<'census' | 'herald', string>>;
  readonly log: DecisionLog;
}

const user = (id: number): string => `https://census.service/user/${String(id)}/`;

const WELCOME: Call = {
  audience: 'https://herald.service/',
  method: 'POST',
  path: '/notification/',
  user: user(21),
  scope: 'notification:send notification:read user:read',
  body: JSON.stringify({ user: user(42), type: 'welcome-message' }),
};

interface Script {
  readonly title: string;
  readonly signer: 'storefront' | 'thief';
  readonly call: Call;
  readonly expected: Outcome;
  /** How many decisions the services log for it. */
  readonly decisions: number;
  /** Sent in place of the body that was signed. */
  readonly sentBody?: string;
  /** Sends the token of the scene before once more. */
  readonly reuseToken?: boolean;
}

const SCRIPTS: readonly Script[] = [
  {
    title: 'User 21 (support) has a welcome message sent to user 42',
    signer: 'storefront',
    call: WELCOME,
    expected: { status: 201 },
    decisions: 3,
  },
  {
    title: 'Refused: the same write once more, token and all',
    signer: 'storefront',
    call: WELCOME,
    reuseToken: true,
    expected: { status: 401, code: 'token_replayed' },
    decisions: 1,
  },
  {
    title: 'Refused: somebody on the way changed the body',
    signer: 'storefront',
    call: WELCOME,
    sentBody: JSON.stringify({ user: user(7), type: 'welcome-message' }),
    expected: { status: 401, code: 'body_mismatch' },
    decisions: 1,
  },
  {
    title: 'Refused: the storefront goes straight to census, which trusts only herald',
    signer: 'storefront',
    call: { ...WELCOME, audience: 'https://census.service/', method: 'GET', path: '/user/42/', body: '' },
    expected: { status: 401, code: 'issuer_untrusted' },
    decisions: 1,
  },
  {
    title: 'Refused: user 63 (customer) may not see user 42, whoever asks for them',
    signer: 'storefront',
    call: { ...WELCOME, user: user(63) },
    expected: { status: 403, code: 'user_not_visible' },
    decisions: 3,
  },
  {
    title: "Refused: a thief with herald's key calls census for user 21, who never called herald",
    signer: 'thief',
    call: { ...WELCOME, audience: 'https://census.service/', method: 'GET', path: '/user/42/', body: '' },
    expected: { status: 403, code: 'delegation_unproven' },
    decisions: 1,
  },
];

/** Plays every scene in turn. */
export async function* play(stage: Stage): AsyncGenerator<Scene> {
  let earlier: SignedCall | undefined;
  for (const script of SCRIPTS) {
    const signed: SignedCall =
      script.reuseToken === true && earlier !== undefined
        ? earlier
        : await stage.signers[script.signer](script.call);
    const answer = await send(stage, script, signed.token);
    const decisions = await stage.log.take(script.decisions);
    const { title, signer, expected, call: request } = script;
    yield { title, signer, expected, request, signed, changedBody: script.sentBody, answer, decisions };
    earlier = signed;
  }
}

/** Whether the scene ended as it should. */
export function isAsExpected({ answer, expected }: Scene): boolean {
  return answer.status === expected.status && (expected.code === undefined || answer.code === expected.code);
}

async function send({ urls }: Stage, script: Script, token: string): Promise<Answer> {
  const { audience, method, path, body } = script.call;
  const base = audience === 'https://census.service/' ? urls.census : urls.herald;
  const response = await fetch(new URL(path, base), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: script.sentBody ?? body }),
  });
  const code = codeOf(await response.text());
  return {
    status: response.status,
    ...(code !== undefined && { code }),
    location: response.headers.get('location') ?? undefined,
    challenge: response.headers.get('www-authenticate') ?? undefined,
  };
}

function codeOf(body: string): string | undefined {
  const problem: unknown = JSON.parse(body);
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) return undefined;
  return typeof problem.code === 'string' ? problem.code : undefined;
}
