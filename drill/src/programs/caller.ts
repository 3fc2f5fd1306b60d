import { createAuthorizer, createKeyStore } from '@countersign/core';
import { createDrillClock, type ClockSettings } from '../drill-clock.js';
import { RECEIVER } from '../parties.js';
import { send, type Answer } from '../traffic/send.js';
import { sendInTurn, startTraffic, type Traffic, type TrafficReport } from '../traffic/traffic.js';
import { startKeyServer, type Publishing } from './key-server.js';
import { serveCommands } from './serve-commands.js';

export interface CallerSettings {
  /** Its identifier, the issuer of its tokens. */
  readonly service: string;
  /** The directory of its keys. */
  readonly directory: string;
  readonly clock: ClockSettings;
  /** How often it looks at the directory, in real time. Default 2. */
  readonly rereadSeconds?: number;
}

/** A service that publishes its keys, and makes calls with tokens of its own. */
export interface Caller {
  jwksUri(): string;
  /** Lets seconds pass on its clock. */
  advance(seconds: number): void;
  publish(how: Publishing): Promise<void>;
  /** How often its keys were asked for. */
  keyRequests(): number;
  /** The key ids that it publishes. */
  published(): readonly string[];
  /** How many keys its tokens were signed with. */
  keysUsed(): number;
  /** Starts traffic to these origins, in turn: reads that share a token, and writes that have one each. */
  begin(plan: { readonly origins: readonly string[]; readonly ratePerSecond: number }): void;
  /** Ends the traffic that was begun. */
  end(): Promise<TrafficReport>;
  /** The same calls, one after the other. */
  send(plan: { readonly origins: readonly string[]; readonly count: number }): Promise<TrafficReport>;
  /** The header that carries a token for reads: the one that reads share at the moment. */
  token(): Promise<string>;
}

const BODY = JSON.stringify({ name: 'Census User', email: 'user@census.example' });

async function start(settings: CallerSettings): Promise<Caller> {
  const { service, directory, rereadSeconds = 2 } = settings;
  const clock = createDrillClock(settings.clock);
  const keyStore = await createKeyStore({ directory, clock, rereadSeconds });
  const keyServer = await startKeyServer(keyStore);
  const keysUsed = new Set<string | undefined>();
  // A replica is where a load balancer sends a call: the token is for the service, whichever replica gets it.
  const destination = { name: 'census', url: RECEIVER, onBehalfOf: 'service', authorize: 'mint' } as const;
  const destinations = [{ ...destination, scopes: ['user:read', 'user:write'] }];
  const authorizer = createAuthorizer({ service, keyStore, clock, destinations });
  let traffic: Traffic | undefined;

  async function headersFor(method: 'GET' | 'POST', body?: string): Promise<Record<string, string>> {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const call = { url: new URL('user', RECEIVER), method, body: bytes };
    const { headers, issued } = await authorizer.authorize(call, undefined);
    keysUsed.add(issued?.claims.keyId);
    return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  }

  async function call(origin: string, number: number): Promise<Answer> {
    const url = new URL('/user', origin);
    if (number % 2 === 0) return send({ url, method: 'GET', headers: await headersFor('GET') });
    const type = { 'content-type': 'application/json' };
    const headers = { ...type, ...(await headersFor('POST', BODY)) };
    return send({ url, method: 'POST', headers, body: BODY });
  }

  function caller(origins: readonly string[]): (number: number) => Promise<Answer> {
    return (number) => call(origins[Math.floor(number / 2) % origins.length] ?? '', number);
  }

  return {
    jwksUri: () => keyServer.jwksUri,
    advance: (seconds) => clock.advance(seconds),
    publish: (how) => keyServer.publish(how),
    keyRequests: () => keyServer.requests(),
    published: () => keyStore.publicKeys().keys.map(({ kid }) => kid),
    keysUsed: () => keysUsed.size,
    begin({ origins, ratePerSecond }) {
      traffic = startTraffic({ ratePerSecond }, caller(origins));
    },
    end() {
      if (traffic === undefined) throw new TypeError('no traffic was begun');
      traffic.end();
      return traffic.report;
    },
    send: ({ origins, count }) => sendInTurn(count, caller(origins)),
    token: async () => (await headersFor('GET'))['Authorization'] ?? '',
  };
}

serveCommands(start);
