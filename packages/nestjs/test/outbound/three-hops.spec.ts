import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpService } from '@nestjs/axios';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { type KeyStore, type TrustRecord } from '@countersign/core';
import { Authenticated, AuthorizedFetch, CurrentPrincipal, type Principal } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, startApplication, type Application, type Controllers } from '../support/application.js';

/** Through all three services, on each platform; each makes two outgoing calls. A long run by `HOPS_CALLS=20000`. */
const CALLS = Number(process.env['HOPS_CALLS'] ?? 1000);
const USERS = 50;

const GATEWAY = 'https://gateway.service/';
const HERALD = 'https://herald.service/';
const CENSUS = 'https://census.service/';
const userUri = (id: number) => `${CENSUS}user/${String(id)}/`;

const origins = new Map<string, string>();
const originOf = (name: string) => origins.get(name) ?? '';
const randomDelay = () => delay(Math.random() * 4);

/** What each hop saw, from the last to the first. */
interface Seen {
  readonly service: string;
  readonly subject: string | undefined;
  readonly transactionId: string;
  readonly actors: readonly string[];
}

function seenBy(service: string, { subject, transactionId, actors }: Principal): Seen {
  return { service, subject, transactionId, actors };
}

@Controller('user')
@Authenticated('user')
class CensusController {
  @Get(':id')
  async user(@CurrentPrincipal() principal: Principal): Promise<Seen[]> {
    await randomDelay();
    return [seenBy('census', principal)];
  }
}

@Controller('notification')
@Authenticated('user')
class HeraldController {
  constructor(private readonly authorized: AuthorizedFetch) {}

  @Post()
  async notify(
    @Body() { id }: { readonly id: number },
    @CurrentPrincipal() principal: Principal,
  ): Promise<Seen[]> {
    await randomDelay();
    const response = await this.authorized.fetch(`${originOf('census')}/user/${String(id)}`);
    const seen = (await response.json()) as Seen[];
    await randomDelay();
    return [...seen, seenBy('herald', principal)];
  }
}

@Controller('welcome')
@Authenticated('user')
class GatewayController {
  constructor(private readonly http: HttpService) {}

  @Get(':id')
  async welcome(@Param('id') id: string, @CurrentPrincipal() principal: Principal): Promise<Seen[]> {
    await randomDelay();
    const { data } = await firstValueFrom(
      this.http.post<Seen[]>(`${originOf('herald')}/notification`, { id: Number(id) }),
    );
    await randomDelay();
    return [...data, seenBy('gateway', principal)];
  }
}

describe('50 users through three services, over keep-alive connections and with random delays', () => {
  it.each(ADAPTERS)(
    'are never mixed, over $name',
    async ({ adapter }) => {
      const issuers = new Map<string, TestIssuer>();
      for (const issuer of ['https://idp.service/', GATEWAY, HERALD, CENSUS])
        issuers.set(issuer, await TestIssuer.start({ issuer }));
      const idp = issuers.get('https://idp.service/')!;
      const running: Application[] = [];
      const start = async (
        name: string,
        service: string,
        caller: TestIssuer,
        controllers: Controllers,
        next?: string,
      ) => {
        const keys: KeyStore = issuers.get(service)!.keyStore;
        const trust: TrustRecord[] = [caller.trustRecord({ actsFor: [`${CENSUS}user/`] })];
        const destinations =
          next === undefined
            ? []
            : [
                {
                  name: next,
                  url: originOf(next),
                  audience: `https://${next}.service/`,
                  onBehalfOf: 'user',
                  authorize: 'mint',
                } as const,
              ];
        const options = { service, trust, keys, destinations };
        const application = await startApplication({
          adapter,
          options,
          controllers: [...controllers],
          imports: [AuthorizedHttpModule],
        });
        running.push(application);
        origins.set(name, application.origin);
        return application;
      };
      const agent = new Agent({ keepAlive: true, maxSockets: 10 });
      try {
        await start('census', CENSUS, issuers.get(HERALD)!, [CensusController]);
        await start('herald', HERALD, issuers.get(GATEWAY)!, [HeraldController], 'census');
        await start('gateway', GATEWAY, idp, [GatewayController], 'herald');
        const tokens = await Promise.all(
          Array.from({ length: USERS }, async (_, id) =>
            idp.token({
              audience: GATEWAY,
              claims: { sub: userUri(id), exp: Math.floor(Date.now() / 1000) + 290 },
            }),
          ),
        );
        const mixed: unknown[] = [];
        let made = 0;
        const play = async (user: number) => {
          while (made < CALLS) {
            made += 1;
            const seen = await ask(`${originOf('gateway')}/welcome/${String(user)}`, tokens[user]!, agent);
            const [transaction] = new Set(seen.map(({ transactionId }) => transactionId));
            const expected = expectedFor(user, transaction!);
            if (JSON.stringify(seen) !== JSON.stringify(expected)) mixed.push({ user, seen });
          }
        };
        await Promise.all(Array.from({ length: USERS }, (_, user) => play(user)));
        expect(mixed).toEqual([]);
        expect(made).toBeGreaterThanOrEqual(CALLS);
        const outgoing = running.flatMap(({ decisions }) =>
          decisions.filter(({ direction }) => direction === 'outbound'),
        );
        expect(outgoing).toHaveLength(made * 2);
        const refused = running.flatMap(({ decisions }) =>
          decisions.filter(({ decision }) => decision === 'refused'),
        );
        expect(refused).toEqual([]);
      } finally {
        agent.destroy();
        for (const application of running) await application.close();
        for (const issuer of issuers.values()) await issuer.close();
      }
    },
    CALLS * 30 + 30_000,
  );
});

/** The last hop first: each sees the same user and the same transaction, and one actor more. */
function expectedFor(user: number, transactionId: string): Seen[] {
  const subject = userUri(user);
  const idp = 'https://idp.service/';
  return [
    { service: 'census', subject, transactionId, actors: [HERALD, GATEWAY, idp] },
    { service: 'herald', subject, transactionId, actors: [GATEWAY, idp] },
    { service: 'gateway', subject, transactionId, actors: [idp] },
  ];
}

function ask(url: string, token: string, agent: Agent): Promise<Seen[]> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` };
    httpRequest(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(text) as Seen[]);
        else reject(new Error(`${String(response.statusCode)} ${text}`));
      });
    })
      .on('error', reject)
      .end();
  });
}
