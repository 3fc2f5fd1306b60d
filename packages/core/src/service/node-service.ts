import { type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AxiosStatic } from 'axios';
import { authorizedAxios } from '../axios/authorized-axios.js';
import { CountersignError } from '../errors.js';
import { type DocumentAnswer } from '../http/answers/key-set-answer.js';
import { requiredScopes, type RouteRule } from '../http/guard/statement.js';
import { type AuthorizedRequestInit } from '../http/outbound/authorized-fetch.js';
import { type DestinationClient } from '../http/outbound/destination-client.js';
import { type RequestScope } from '../http/request/request-scope.js';
import { type RawRequest } from '../http/request/request-state.js';
import { sentUrl } from '../http/request/sent-request.js';
import { type Verifier } from '../inbound/verifier.js';
import { type Principal } from '../principal.js';
import { openService, type Arrival, type Permits, type Service } from './service.js';
import { type ServiceOptions } from './service-options.js';
import { ruleOf, type Stated } from './stating.js';

/** What is used of axios; its own types are not needed by those who do not install it. */
export interface AxiosLike {
  create(config?: object): unknown;
}

/** What every adapter offers beside its guards: calls that carry tokens, and the parts behind them. */
export interface ServiceCalls {
  readonly verifier: Verifier;
  /** The principal of the request being served, anywhere in the application. */
  readonly scope: RequestScope;
  /** `fetch` for declared destinations, which adds the right token; see `AuthorizedFetch#fetch`. */
  fetch(input: string | URL, init?: AuthorizedRequestInit): Promise<Response>;
  /** Calls a declared destination by its name. @throws TypeError for a name that is not declared. */
  destination(name: string): DestinationClient;
  /**
   * Makes an axios instance whose calls carry the token of their destination. Redirects are refused, proxies are not used.
   * @param axios what `axios` exports.
   * @param options the defaults of the instance, such as its `baseURL`.
   * @example
   * const client = countersign.axios(axios, { baseURL: 'https://census.service/' });
   */
  axios<Static extends AxiosLike>(axios: Static, options?: object): ReturnType<Static['create']>;
  /** Stops following the key directory. Close the server first. */
  close(): Promise<void>;
}

/** A request and a response of `node:http`, or of the compatibility API of `node:http2`. */
type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** A service on plain Node. Made by `createCountersign`. */
export interface NodeCountersign extends ServiceCalls {
  /**
   * Takes hold of a request for code that comes before its listener, such as `useToken`. To be called before anything reads the body.
   * A listener of `handle` does it itself where it was not done.
   * @example
   * createServer((request, response) =>
   *   countersign.enter(request, response, () => {
   *     useToken(request, tokenOf(request.headers.cookie));
   *     listener(request, response);
   *   }),
   * );
   */
  enter(request: NodeRequest, response: NodeResponse, next: () => void): void;
  /**
   * Makes a listener that lets a request in to `handler` if the requirements hold, and answers everything else itself: refusals as
   * problem documents with their challenge, faults that the handler throws, any other error as 500, and the key set at
   * `/.well-known/jwks.json`. Nothing is sent for what the handler returns: the handler ends the response. An error after the head
   * was sent breaks the answer off.
   *
   * Does not look at the path: route requests to listeners yourself.
   * @param route what decision records name, never taken from a request. Default: the name of the handler.
   * @throws CountersignError `config_invalid` when two requirements cannot both hold, or when there is none.
   * @example
   * createServer(countersign.handle(scopes('order:read'), (request, response, principal) => response.end(principal.subject)));
   */
  handle<
    Request extends NodeRequest = IncomingMessage,
    Response extends NodeResponse = ServerResponse,
    Who extends Principal | undefined = Principal,
  >(
    requirement: Stated<Request, Who> | readonly [Stated<Request>, ...Stated<Request>[]],
    handler: (request: Request, response: Response, principal: Who) => unknown,
    route?: string,
  ): (request: Request, response: Response) => void;
}

/**
 * Protects services on `node:http` and `node:http2`, and authorizes their outgoing calls.
 *
 * The promise resolves when the keys are open, and with `hydrate: { timeoutMs }` when those of the trusted issuers were fetched.
 * @example
 * const countersign = await createCountersign({ service: 'https://order.service/', trust, keys: { directory: '.data/keys' } });
 * createServer(countersign.handle(scopes('order:read'), handler)).listen(4000);
 *
 * @throws TypeError naming the option that is not valid.
 */
export async function createCountersign(options: ServiceOptions): Promise<NodeCountersign> {
  const service = await openService(options);
  const rules: Served['rule'][] = [];
  return {
    ...callsOf(service),
    enter: (request, response, next) => {
      service.enter(request as unknown as RawRequest, response as unknown as ServerResponse, next);
    },
    handle: (requirement, handler, route = nameOf(handler)) => {
      const rule = ruleOf([requirement].flat(), route);
      if (rule === undefined)
        throw new CountersignError(
          'config_invalid',
          `${route} needs a requirement; open() lets everybody in`,
        );
      rules.push(rule);
      return (request, response) => {
        // Node's compatibility API of HTTP/2 has every member of both that is used.
        const arrival = { request: request as unknown as RawRequest, route };
        const answer = response as unknown as ServerResponse;
        const run = (principal: Principal | undefined) => handler(request, response, principal as never);
        service.enter(arrival.request, answer, () => {
          void serve({ service, rule, rules, arrival, response: answer, run });
        });
      };
    },
  };
}

function nameOf({ name }: { readonly name: string }): string {
  return name === '' ? 'handle()' : name;
}

/** What the adapters of frameworks offer too. */
export function callsOf(service: Service): ServiceCalls {
  return {
    verifier: service.verifier,
    scope: service.scope,
    fetch: (input, init) => service.outgoing.fetch.fetch(input, init),
    destination: (name) => service.outgoing.destination(name),
    axios: <Static extends AxiosLike>(axios: Static, options?: object) =>
      // It is axios itself that is handed over; the type is spelt so that those without it can read it.
      authorizedAxios(axios as unknown as AxiosStatic, service.outgoing.calls, options) as ReturnType<
        Static['create']
      >,
    close: () => service.close(),
  };
}

interface Served {
  readonly service: Service;
  readonly rule: RouteRule<Permits<never>>;
  /** Those of all listeners. */
  readonly rules: readonly RouteRule<Permits<never>>[];
  readonly arrival: { readonly request: RawRequest; readonly route: string };
  readonly response: ServerResponse;
  readonly run: (principal: Principal | undefined) => unknown;
}

async function serve({ service, rule, rules, arrival, response, run }: Served): Promise<void> {
  const { request } = arrival;
  try {
    const document = isForDocument(request)
      ? service.wellKnown(pathOf(request), () => requiredScopes(rules))
      : undefined;
    if (document !== undefined) {
      sendDocument(response, document);
      return;
    }
    await admit(service, arrival, rule);
    await run(service.states.of(request)?.principal);
  } catch (error) {
    sendError(service, request, response, error);
  }
}

async function admit(service: Service, arrival: Arrival, rule: Served['rule']): Promise<void> {
  try {
    await service.judge(arrival, rule);
  } catch (fault) {
    throw service.refused(fault, arrival);
  }
  if (rule.access !== 'public') service.allowed(arrival);
}

function isForDocument(request: RawRequest): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') && sentUrl(request).startsWith('/.well-known/')
  );
}

function pathOf(request: RawRequest): string {
  return sentUrl(request).split('?', 1)[0] ?? '';
}

function sendDocument(response: ServerResponse, { headers, document }: DocumentAnswer): void {
  sendHead(response, 200, headers);
  response.end(JSON.stringify(document));
}

function sendError(service: Service, request: RawRequest, response: ServerResponse, error: unknown): void {
  if (!(error instanceof CountersignError)) service.logger.error(unexpected(error));
  const answer = error instanceof CountersignError ? service.answerThrown(error, request) : undefined;
  if (response.headersSent) {
    if (!response.writableEnded) breakOff(response);
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (answer === undefined) {
    sendHead(response, 500, {});
    response.end();
    return;
  }
  sendHead(response, answer.status, { ...answer.headers, 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify(answer.problem));
}

/** So that the client knows that it has not got all of the answer. To destroy a response of HTTP/2 would end it as if it were whole. */
function breakOff(response: ServerResponse | Http2ServerResponse): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

/** Hands nothing on: the responses of serverless-http return nothing from `writeHead`. */
function sendHead(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, headers);
}

/** An error of the handler's own, as the log shows it. */
function unexpected(error: unknown): object {
  return error instanceof Error
    ? { error: `${error.name}: ${error.message}`, stack: error.stack }
    : { error: 'the handler threw something that is no error' };
}
