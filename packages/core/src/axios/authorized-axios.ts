import { Readable } from 'node:stream';
import { type ReadableStream as WebStream } from 'node:stream/web';
import {
  type AxiosAdapter,
  type AxiosError,
  type AxiosHeaders,
  type AxiosInstance,
  type AxiosResponse,
  type AxiosStatic,
  type CreateAxiosDefaults,
  type InternalAxiosRequestConfig,
} from 'axios';
import { CountersignError } from '../errors.js';
import { invalidOption } from '../options.js';
import { type CallBody } from '../http/outbound/call-body.js';
import { detachedStream } from '../http/outbound/detached-stream.js';
import { type Attempt, type CallOptions, type OutgoingCall } from '../http/outbound/outgoing-call.js';
import { type OutgoingCalls } from '../http/outbound/outgoing-calls.js';
import { putOurHeaders } from '../http/outbound/outgoing-headers.js';
import { axiosRefusal, discardAxios, type AxiosOutcome } from './axios-answer.js';
import { pinAdapter } from './pinned-adapter.js';

declare module 'axios' {
  // How a call is made is said in its configuration; what is not ours ignores it.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface AxiosRequestConfig extends CallOptions {}
}

/** Defaults of an axios instance, without those that would send something else than what was signed. */
export type AuthorizedAxiosOptions = Omit<
  CreateAxiosDefaults,
  | 'adapter'
  | 'maxRedirects'
  | 'beforeRedirect'
  | 'allowAbsoluteUrls'
  | 'proxy'
  | 'socketPath'
  | 'transport'
  | 'auth'
>;

/** What every call must keep, whatever its own options say: it goes to the URL that was signed, directly, and no further. */
const FIXED = { maxRedirects: 0, proxy: false, allowAbsoluteUrls: true, socketPath: null } as const;

/**
 * Makes an axios instance of our own whose calls carry the token of their destination.
 * The token is added in the adapter: after every interceptor and `transformRequest`, so that what is signed is the final URL and
 * the final octets; a call that would go by another adapter is refused. Axios's global instance is not touched; its defaults are taken over as they are now, by `axios.create()`,
 * and not as they are later.
 * @param axios what `axios` exports: this package imports none, so that an application without axios need not install it.
 */
export function authorizedAxios(
  axios: AxiosStatic,
  calls: OutgoingCalls,
  options: AuthorizedAxiosOptions = {},
): AxiosInstance {
  if (Reflect.get(options, 'adapter') !== undefined) throw invalidOption('adapter', OTHER_ADAPTER);
  const adapter = adapterTo(axios, calls, undefined);
  const own = { maxRedirects: 0, proxy: false, allowAbsoluteUrls: false, adapter } as const;
  const refusal = adapterTo(axios, calls, `its adapter ${OTHER_ADAPTER}`);
  return pinAdapter(axios.create({ ...options, ...own }), adapter, refusal);
}

const OTHER_ADAPTER = 'is not ours, and would send the call without its token: leave it out';

/** @param obstacle why its calls cannot be made; undefined where they can. */
function adapterTo(axios: AxiosStatic, calls: OutgoingCalls, obstacle: string | undefined): AxiosAdapter {
  // Makes URLs of configurations, with no defaults: those of axios's global instance are for other calls.
  const withoutDefaults = new axios.Axios({});
  return async (config) => {
    const call = { ...describeCall(axios, withoutDefaults.getUri(config), config), obstacle };
    const transport = {
      send: (attempt: Attempt) => sendByAxios(axios, config, call.url, attempt),
      refusalOf: axiosRefusal,
      discard: discardAxios,
    };
    try {
      const { response, error } = await calls.send(call, transport);
      if (error !== undefined) throw error;
      return response;
    } catch (error) {
      throw inWordsOfAxios(axios, error, config);
    }
  };
}

function describeCall(
  axios: AxiosStatic,
  target: string,
  config: InternalAxiosRequestConfig,
): Omit<OutgoingCall, 'obstacle'> {
  const { auth, timeout = 0, overrideAuthorization, onBehalfOf, scopes } = config;
  const headers = headersOf(axios, config);
  const url = new URL(target);
  url.hash = '';
  return {
    url,
    method: (config.method ?? 'get').toUpperCase(),
    body: config.data as unknown,
    signal: config.signal instanceof AbortSignal ? config.signal : undefined,
    timeoutMs: timeout > 0 ? timeout : undefined,
    overrideAuthorization,
    onBehalfOf,
    scopes,
    hasHeader: (name) => headers.has(name) || (name === 'Authorization' && auth !== undefined),
  };
}

/** As axios will send them: only then does it drop the spaces around a name. */
function headersOf(axios: AxiosStatic, { headers }: InternalAxiosRequestConfig): AxiosHeaders {
  return new axios.AxiosHeaders(headers).normalize(false);
}

/** What is sent in place of what the application configured. */
function configOf(
  axios: AxiosStatic,
  config: InternalAxiosRequestConfig,
  url: URL,
  { headers: added, tokenHeaders, body, signal }: Attempt,
): InternalAxiosRequestConfig {
  const headers = headersOf(axios, config);
  putOurHeaders(headers, Object.keys(headers), added, tokenHeaders);
  const contentType = body !== undefined && 'bytes' in body ? body.contentType : undefined;
  if (contentType !== undefined) headers.setContentType(contentType, hasOwnType(config.data));
  if (needsChunks(config, body)) headers.set('Transfer-Encoding', 'chunked');
  const sent: InternalAxiosRequestConfig = {
    ...config, ...FIXED, url: url.href, data: dataOf(body), headers, signal, timeout: 0,
  }; // prettier-ignore
  delete sent.baseURL;
  delete sent.params;
  delete sent.auth;
  delete sent.transport;
  return sent;
}

/**
 * Unless it is told to, Node sends a streamed body of `DELETE` or `OPTIONS` without any framing, and the called service
 * would read it as the next request. HTTP/2 has frames of its own.
 */
function needsChunks({ httpVersion }: InternalAxiosRequestConfig, body: CallBody | undefined): boolean {
  return body !== undefined && 'stream' in body && httpVersion !== 2;
}

function dataOf(body: CallBody | undefined): unknown {
  if (body === undefined) return undefined;
  if ('bytes' in body) return Buffer.from(body.bytes);
  const { stream } = body;
  return stream instanceof Readable
    ? detachedStream(stream, (error) => error)
    : Readable.fromWeb(stream as WebStream);
}

/** A form has its boundary in its type, and a Blob has a type of its own: both hold against the default that axios puts on writes. */
function hasOwnType(data: unknown): boolean {
  return data instanceof FormData || data instanceof Blob;
}

/** Hands the answer on without the request that carried the token, which would end up in the log with the next error. */
async function sendByAxios(
  axios: AxiosStatic,
  config: InternalAxiosRequestConfig,
  url: URL,
  attempt: Attempt,
): Promise<AxiosOutcome> {
  try {
    const response = await axios.getAdapter('http')(configOf(axios, config, url, attempt));
    return { response: withoutToken(axios, response, config, attempt), error: undefined };
  } catch (error) {
    if (!(error instanceof axios.AxiosError)) throw error;
    const { response } = errorWithoutToken(axios, error, config);
    if (response === undefined) throw error;
    return { response: withoutToken(axios, response, config, attempt), error };
  }
}

function withoutToken(
  axios: AxiosStatic,
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
  { signal, reason }: Attempt,
): AxiosResponse {
  response.config = config;
  delete response.request;
  const data: unknown = response.data;
  if (data instanceof Readable) {
    response.data = detachedStream(data, (error) => {
      if (signal.aborted) return inWordsOfAxios(axios, reason(), config);
      return error instanceof axios.AxiosError ? errorWithoutToken(axios, error, config) : error;
    });
  }
  return response;
}

/** An error of axios that is made of another one says the same again, with the same request. */
function errorWithoutToken(
  axios: AxiosStatic,
  error: AxiosError,
  config: InternalAxiosRequestConfig,
): AxiosError {
  error.config = config;
  delete error.request;
  if (error.cause instanceof axios.AxiosError) delete error.cause;
  return error;
}

/** Says in the words of axios that the application aborted a call, or that its time was up. */
function inWordsOfAxios<Thrown>(
  axios: AxiosStatic,
  error: Thrown,
  config: InternalAxiosRequestConfig,
): Thrown | AxiosError {
  if (error instanceof CountersignError || error instanceof axios.AxiosError) return error;
  if (config.signal?.aborted === true) return new axios.CanceledError(undefined, config);
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new axios.AxiosError(error.message, axios.AxiosError.ECONNABORTED, config);
  return error;
}
