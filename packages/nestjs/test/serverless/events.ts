/** A request as a client sends it to the platform. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer | string;
}

/** An event by which a platform hands a request over. */
export interface Platform {
  readonly name: string;
  event(sent: Sent): object;
}

/** What platforms make of a request, with the members that the wrappers read. */
export const PLATFORMS: readonly Platform[] = [
  {
    name: 'API Gateway v1 (REST)',
    event: ({ method = 'GET', path = '/order', headers = [], body }) => ({
      resource: '/{proxy+}',
      httpMethod: method,
      path,
      headers: lastValues(headers),
      multiValueHeaders: allValues(headers),
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      requestContext: { identity: { sourceIp: '192.0.2.7' }, stage: '$default', httpMethod: method, path },
      ...bodyOf(body, null),
    }),
  },
  {
    name: 'API Gateway v2 (HTTP)',
    event: ({ method = 'GET', path = '/order', headers = [], body }) => ({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers: joinedValues(headers),
      requestContext: { http: { method, path, sourceIp: '192.0.2.7' }, stage: '$default' },
      ...bodyOf(body, undefined),
    }),
  },
  {
    name: 'a load balancer with headers of several values',
    event: ({ method = 'GET', path = '/order', headers = [], body }) => ({
      httpMethod: method,
      path,
      multiValueHeaders: allValues(headers.map(([name, value]) => [name.toLowerCase(), value])),
      multiValueQueryStringParameters: {},
      requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:test' } },
      ...bodyOf(body, ''),
    }),
  },
  {
    name: 'the event that is made for Azure Functions in docs/serverless.md',
    event: ({ method = 'GET', path = '/order', headers = [], body = '' }) => ({
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: Object.fromEntries(new Headers(headers.map(([name, value]) => [name, value]))),
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
      requestContext: { http: { method } },
    }),
  },
];

/** Text as it is, octets in base64, as the platforms do by the type of the content. */
function bodyOf(body: Buffer | string | undefined, none: null | undefined | '') {
  if (body === undefined) return { body: none, isBase64Encoded: false };
  if (typeof body === 'string') return { body, isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}

type SentHeaders = NonNullable<Sent['headers']>;

function lastValues(headers: SentHeaders): Record<string, string> {
  return Object.fromEntries(headers);
}

function allValues(headers: SentHeaders): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) (all[name] ??= []).push(value);
  return all;
}

/** In lower case, as this platform hands them over. */
function joinedValues(headers: SentHeaders): Record<string, string> {
  const all = allValues(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.join(',')]));
}
