import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  authorize,
  CountersignError,
  createAuthorizer,
  createVerifier,
  type DestinationRecord,
  type KeyStore,
  type Requirement,
  type TrustRecord,
} from '../../src/index.js';
import {
  AuthorizedFetch,
  KEY_SET_PATH,
  keySetAnswer,
  newInstance,
  OutgoingCalls,
  RequestScope,
  RequestStates,
  SentRequest,
  toFaultAnswer,
  type DecisionRecord,
} from '../../src/http.js';

/** What a handler can reach, wherever in the application it is. */
export interface Reach {
  readonly scope: RequestScope;
  readonly calls: AuthorizedFetch;
}

/** A service on plain Node. */
export interface PlainService {
  readonly origin: string;
  readonly states: RequestStates;
  readonly scope: RequestScope;
  /** Of outgoing calls. */
  readonly decisions: readonly DecisionRecord[];
  close(): Promise<void>;
}

export interface PlainServiceOptions {
  readonly service: string;
  readonly keyStore: KeyStore;
  readonly trust: readonly TrustRecord[];
  readonly destinations?: readonly DestinationRecord[];
  readonly requirements?: readonly Requirement[];
  readonly requestScope?: 'auto' | 'always';
  readonly handler: (reach: Reach, request: IncomingMessage) => unknown;
}

/** Starts a service that guards every path but that of its keys, by what `@countersign/core/http` gives. */
export async function startPlainService(options: PlainServiceOptions): Promise<PlainService> {
  const { service, keyStore, trust, destinations = [], requirements = [{ kind: 'authenticated' }] } = options;
  const verifier = createVerifier({ service, trust });
  const decisions: DecisionRecord[] = [];
  const states = new RequestStates({ verifier, requestScope: options.requestScope ?? 'auto' });
  const scope = new RequestScope(states);
  const authorizer = createAuthorizer({ service, keyStore, destinations });
  const recorder = { record: (decision: DecisionRecord) => void decisions.push(decision) };
  const calls = new AuthorizedFetch(new OutgoingCalls({ authorizer, scope, decisions: recorder }));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, headers: object, body: unknown): void => {
      response
        .writeHead(status, { 'Content-Type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    };
    let thrownByHandler = false;
    try {
      if (request.url === KEY_SET_PATH) {
        const { headers, document } = keySetAnswer(keyStore);
        send(200, headers, document);
        return;
      }
      const state = states.required(request);
      const authentication = await verifier.authenticate(new SentRequest(state));
      authorize(authentication.principal, requirements);
      await verifier.useOnce(authentication);
      state.authentication = authentication;
      thrownByHandler = true;
      send(200, {}, (await options.handler({ scope, calls }, request)) ?? null);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      const how = { service, instance: newInstance(), thrownByHandler, dpop: verifier.dpop };
      const { status, headers, problem } = toFaultAnswer(error, how);
      send(status, { ...headers, 'Content-Type': 'application/problem+json' }, problem);
    }
  }

  const server = createServer((request, response) =>
    states.enter(request, response, () => void serve(request, response)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    states,
    scope,
    decisions,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
