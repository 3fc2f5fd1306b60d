import { type ClaimedCall } from '@countersign/service-kit';
import { type Browser } from '@countersign/service-kit/browser';
import { type Decision, type DecisionLog } from './decision.js';
import { ofThePage } from './people.js';
import { type Wire } from './wire.js';

/** One scene: what is tried, what should come of it, and what did. */
export interface Scene {
  readonly title: string;
  /** Who makes the first call. */
  readonly from: string;
  /** Its method and path. */
  readonly request: string;
  /** What somebody does to it, in a sentence. */
  readonly meddling: string | undefined;
  readonly expected: Outcome;
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
  readonly urls: Readonly<Record<'gateway' | 'census' | 'herald', string>>;
  /** Who is logged in at the gateway, by their id. */
  readonly people: Readonly<Record<'21' | '42', Browser>>;
  /** The access token of a program that user 21 runs. */
  readonly accessToken: string;
  readonly wire: Wire;
  /** Signs with herald's key, which was stolen. */
  readonly thief: (call: Omit<ClaimedCall, 'service'>) => Promise<string>;
  readonly log: DecisionLog;
}

const user = (id: number): string => `https://census.service/user/${String(id)}/`;

interface Script {
  readonly title: string;
  readonly from: string;
  readonly request: string;
  readonly meddling?: string;
  readonly expected: Outcome;
  /** How many decisions the services log for it. */
  readonly decisions: number;
  readonly play: (stage: Stage) => Promise<Response>;
}

const SCRIPTS: readonly Script[] = [
  {
    title: 'User 21 (support), logged in at the gateway, has a welcome message sent to user 42',
    from: "user 21's browser",
    request: 'POST /api/notification',
    expected: { status: 201 },
    decisions: 5,
    play: (stage) => notify(stage, '21', 42),
  },
  {
    title: 'Refused: somebody on the way to herald sends the same request once more, token and all',
    from: 'the wire',
    request: 'POST /notification/',
    expected: { status: 401, code: 'token_replayed' },
    decisions: 1,
    play: sendAgain,
  },
  {
    title: 'Refused: somebody on the way to herald changes the body',
    from: "user 21's browser",
    request: 'POST /api/notification',
    meddling: 'on the way to herald, user 42 becomes user 7',
    // The user's own token was good, so the user is not told otherwise.
    expected: { status: 502, code: 'upstream_refused_gateway' },
    decisions: 3,
    play(stage) {
      stage.wire.changeNext((body) => body.replace('/user/42/', '/user/7/'));
      return notify(stage, '21', 42);
    },
  },
  {
    title: "Refused: a program goes straight to census with the provider's token, past the gateway",
    from: "user 21's program",
    request: 'GET /user/42/',
    expected: { status: 401, code: 'issuer_untrusted' },
    decisions: 1,
    play: ({ urls, accessToken }) => askCensus(urls.census, accessToken),
  },
  {
    title: 'Refused: user 42 (customer) may not see user 7, whoever asks for them',
    from: "user 42's browser",
    request: 'POST /api/notification',
    expected: { status: 403, code: 'user_not_visible' },
    decisions: 5,
    play: (stage) => notify(stage, '42', 7),
  },
  {
    title: "Refused: a thief with herald's key calls census for user 21, who did not call herald",
    from: 'thief',
    request: 'GET /user/42/',
    expected: { status: 403, code: 'delegation_unproven' },
    decisions: 1,
    async play({ urls, thief }) {
      const token = await thief({
        audience: 'https://census.service/',
        method: 'GET',
        path: '/user/42/',
        user: user(21),
        scope: 'user:read',
      });
      return askCensus(urls.census, token);
    },
  },
];

/** Plays every scene in turn. */
export async function* play(stage: Stage): AsyncGenerator<Scene> {
  for (const { play: act, decisions: count, meddling, ...script } of SCRIPTS) {
    const answer = await describe(await act(stage));
    yield { ...script, meddling, answer, decisions: await stage.log.take(count) };
  }
}

/** Whether the scene ended as it should. */
export function isAsExpected({ answer, expected }: Scene): boolean {
  return answer.status === expected.status && (expected.code === undefined || answer.code === expected.code);
}

function notify({ urls, people }: Stage, sender: '21' | '42', recipient: number): Promise<Response> {
  return people[sender].go(new URL('api/notification', urls.gateway), {
    method: 'POST',
    headers: ofThePage(urls.gateway),
    body: JSON.stringify({ user: user(recipient), type: 'welcome-message' }),
  });
}

function sendAgain({ urls, wire }: Stage): Promise<Response> {
  if (wire.seen === undefined) throw new Error('nothing has passed yet');
  const { method, path, headers, body } = wire.seen;
  return fetch(new URL(path, urls.herald), { method, headers, body });
}

function askCensus(census: string, token: string): Promise<Response> {
  return fetch(new URL('user/42/', census), { headers: { Authorization: `Bearer ${token}` } });
}

async function describe(response: Response): Promise<Answer> {
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
