import { type Edge, type EdgeOptions, startEdge } from './edge.js';
import { content, startUpstream, type Upstream } from './upstream.js';

/** A gateway, its real provider, and the server in the place of the services behind it. */
export interface EdgeAndUpstream {
  readonly edge: Edge;
  readonly upstream: Upstream;
}

type UseEdgeOptions = Omit<EdgeOptions, 'heraldUrl' | 'censusUrl'>;

/**
 * Starts a gateway for all tests of a file, hands it to `take`, and stops it after the last one. Each test begins with an
 * upstream that has received nothing and answers as the real services do.
 */
export function useEdge(
  take: (started: EdgeAndUpstream) => void | Promise<void>,
  options: UseEdgeOptions = {},
): void {
  let started: EdgeAndUpstream;
  beforeAll(async () => {
    started = await startBoth(options);
    await take(started);
  });
  beforeEach(() => {
    started.upstream.received.length = 0;
    started.upstream.answer = content;
  });
  afterAll(() => stopBoth(started));
}

/** The same, with a new gateway for each test. */
export function useNewEdge(take: (started: EdgeAndUpstream) => void, options: UseEdgeOptions = {}): void {
  let started: EdgeAndUpstream;
  beforeEach(async () => {
    started = await startBoth(options);
    take(started);
  });
  afterEach(() => stopBoth(started));
}

async function startBoth(options: UseEdgeOptions): Promise<EdgeAndUpstream> {
  const upstream = await startUpstream();
  const { origin } = upstream;
  const edge = await startEdge({
    ...options,
    heraldUrl: `${origin}/herald/`,
    censusUrl: `${origin}/census/`,
  });
  return { edge, upstream };
}

async function stopBoth({ edge, upstream }: EdgeAndUpstream): Promise<void> {
  await edge.close();
  await upstream.close();
}

/** A problem document and its status. */
export async function problemOf(response: Response): Promise<unknown> {
  return { status: response.status, ...((await response.json()) as object) };
}
