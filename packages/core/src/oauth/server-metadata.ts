import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  JSON_ATTRIBUTE_COMPARISON,
  processDiscoveryResponse,
  type AuthorizationServer as ServerMetadata,
  type CustomFetchOptions,
} from 'oauth4webapi';
import { invalidOption } from '../options.js';
import { readBounded } from '../lib/read-bounded.js';

/** What an authorization server may answer at most; metadata and tokens are far smaller. */
const MAX_ANSWER_BYTES = 262_144;

/** Statuses whose answers have no body, and cannot be built with one. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Looks up the metadata of an issuer: RFC 8414 first, OpenID Connect Discovery for servers that know only that, and answer
 * the first question with an error, or with the page that they have for whatever they do not know.
 * It must name the very issuer that was asked for (RFC 8414 section 3.3). Does not look at its other members.
 * @param path the option that the issuer comes from.
 * @param signal makes the time limit of each request.
 * @throws TypeError with the code `config_invalid` for the metadata of another issuer; the library's errors.
 */
export async function readServerMetadata(
  issuer: string,
  path: string,
  signal: () => AbortSignal,
): Promise<ServerMetadata> {
  const identifier = new URL(issuer);
  const options = boundedRequest(signal);
  let response = await discoveryRequest(identifier, { ...options, algorithm: 'oauth2' });
  if (!(await isDocument(response)))
    response = await discoveryRequest(identifier, { ...options, algorithm: 'oidc' });
  const metadata = await processDiscoveryResponse(identifier, response).catch((error: unknown) => {
    throw isOtherIssuer(error) ? otherIssuer(path) : error;
  });
  // The library compares them as URLs, which are equal more often than identifiers are.
  if (metadata.issuer !== issuer) throw otherIssuer(path);
  return metadata;
}

/** Options of a request by oauth4webapi. */
export type BoundedRequest = ReturnType<typeof boundedRequest>;

/** How every request to an authorization server is sent: bounded in time and size, following no redirect. */
export function boundedRequest(signal: () => AbortSignal) {
  return {
    signal,
    [customFetch]: fetchWhole,
    // The library would refuse http everywhere. Where it is accepted was decided by `readHttpsUri`.
    [allowInsecureRequests]: true,
  };
}

/** Any JSON counts: metadata that names another issuer, or none, is not made up for by what stands elsewhere. */
async function isDocument(response: Response): Promise<boolean> {
  if (response.status !== 200) return false;
  return response
    .clone()
    .json()
    .then(() => true)
    .catch(() => false);
}

function isOtherIssuer(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === JSON_ATTRIBUTE_COMPARISON;
}

function otherIssuer(path: string): TypeError {
  return invalidOption(
    path,
    'leads to metadata that names another issuer; it must be written exactly as there',
  );
}

async function fetchWhole(
  url: string,
  { body, signal, ...init }: CustomFetchOptions<string, URLSearchParams | undefined>,
): Promise<Response> {
  const response = await fetch(url, { ...init, body: body ?? null, signal: signal ?? null });
  const { status, headers } = response;
  const text = await readBounded(response, MAX_ANSWER_BYTES);
  return new Response(WITHOUT_BODY.has(status) ? null : text, { status, headers });
}
