import axios, {
  type AxiosInstance,
  AxiosError,
  type AxiosResponse,
  type CreateAxiosDefaults,
  type InternalAxiosRequestConfig,
} from 'axios';
import { bodyBytes } from './body-bytes.js';
import { UNDECLARED_TIMEOUT_MS, type OutgoingCalls } from './outgoing-calls.js';

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
 * the final octets. Axios's global instance is not touched.
 */
export function authorizedAxios(calls: OutgoingCalls, options: AuthorizedAxiosOptions = {}): AxiosInstance {
  const send = axios.getAdapter('http');
  const instance = axios.create({
    ...options,
    maxRedirects: 0,
    proxy: false,
    allowAbsoluteUrls: false,
    adapter: async (config) => {
      const call = await describeCall(config);
      const { destination, headers: added } = await calls.authorize(call, (name) => config.headers.has(name));
      const headers = new axios.AxiosHeaders(config.headers);
      if (call.contentType !== undefined) headers.setContentType(call.contentType, hasOwnType(config.data));
      for (const { name, value } of added) headers.set(name, value);
      const sent: InternalAxiosRequestConfig = {
        ...config,
        ...FIXED,
        url: call.url.href,
        data: call.body === undefined ? undefined : Buffer.from(call.body),
        headers,
        timeout:
          config.timeout === undefined || config.timeout === 0 ? (destination?.timeoutMs ?? UNDECLARED_TIMEOUT_MS) : config.timeout,
      };
      delete sent.baseURL;
      delete sent.params;
      return answer(send(sent), config, (status) => calls.refuseRedirect(call, status));
    },
  });
  return instance;
}

async function describeCall(config: InternalAxiosRequestConfig) {
  const url = new URL(axios.getUri(config));
  url.hash = '';
  const body = await bodyBytes(config.data);
  return {
    url,
    method: (config.method ?? 'get').toUpperCase(),
    body: body?.bytes,
    contentType: body?.contentType,
  };
}

/** A form has its boundary in its type, and a Blob has a type of its own: both hold against the default that axios puts on writes. */
function hasOwnType(data: unknown): boolean {
  return data instanceof FormData || data instanceof Blob;
}

/** Hands the answer on without the request that carried the token, which would end up in the log with the next error. */
async function answer(
  sending: Promise<AxiosResponse>,
  config: InternalAxiosRequestConfig,
  refuseRedirect: (status: number) => void,
): Promise<AxiosResponse> {
  try {
    const response = withoutToken(await sending, config);
    refuseRedirect(response.status);
    return response;
  } catch (error) {
    if (!(error instanceof AxiosError)) throw error;
    if (error.response !== undefined) {
      withoutToken(error.response, config);
      refuseRedirect(error.response.status);
    }
    error.config = config;
    delete error.request;
    throw error;
  }
}

function withoutToken(response: AxiosResponse, config: InternalAxiosRequestConfig): AxiosResponse {
  response.config = config;
  delete response.request;
  return response;
}
