/** One parameter of a challenge, with the scheme in front of the first: `Bearer realm="x"`, then `, error="y"`. */
const PARAMETER = /(?:^|, )(?:([A-Za-z]+) )?([a-z_]+)="([^"\\]*)"/gy;

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/**
 * Whether a `WWW-Authenticate` header refuses a bearer token in the name of one service (RFC 6750 section 3): its one
 * Bearer challenge has that realm, and says `invalid_token`. What else that challenge says, and challenges of other
 * schemes beside it, make no difference. A header that is not written as Countersign writes it says nothing.
 */
export function refusesToken(header: string, realm: string): boolean {
  const bearer = readChallenges(header).filter(({ scheme }) => scheme === 'Bearer');
  const [only] = bearer;
  if (only === undefined || bearer.length > 1) return false;
  return only.parameters.get('realm') === realm && only.parameters.get('error') === 'invalid_token';
}

/** The challenges of a header (RFC 9110 section 11.6.1); none when a part of it cannot be read, or is said twice. */
function readChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let read = 0;
  for (const [part, scheme, name = '', value = ''] of header.matchAll(PARAMETER)) {
    if (scheme !== undefined) challenges.push({ scheme, parameters: new Map() });
    const parameters = challenges.at(-1)?.parameters;
    if (parameters === undefined || parameters.has(name)) return [];
    parameters.set(name, value);
    read += part.length;
  }
  return read === header.length ? challenges : [];
}
