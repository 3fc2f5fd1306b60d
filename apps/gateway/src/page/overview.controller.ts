import { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { refuseStrangers, TrustDescription, type TrustView } from '@countersign/service-kit';
import { z } from 'zod';
import { type UpstreamName, Upstreams } from '../forward/upstreams.js';
import { Sessions } from '../session/sessions.js';
import { Attempts } from './attempts.js';
import { type DocumentedFault, readDocumentedFaults } from './documented-faults.js';
import { drawMap, type DrawnMap } from './trust-layout.js';
import { toTrustMap } from './trust-map.js';

const TIMEOUT_MS = 3_000;

const texts = z.array(z.string());
const trustView: z.ZodType<TrustView> = z.object({
  name: z.string(),
  service: z.string(),
  trust: z.array(
    z.object({
      name: z.string(),
      issuer: z.string(),
      tokenType: z.string(),
      scopes: texts,
      actsFor: z.union([z.string(), texts]),
    }),
  ),
  destinations: z.array(
    z.object({
      name: z.string(),
      audience: z.string(),
      authorize: z.string(),
      onBehalfOf: z.string(),
      scopes: texts,
      delegationProof: z.boolean(),
    }),
  ),
  routes: z.array(
    z.object({
      method: z.string(),
      path: z.string(),
      access: z.enum(['public', 'optional', 'guarded']),
      requirements: z.array(
        z.union([
          z.object({ kind: z.literal('authenticated') }),
          z.object({ kind: z.literal('subject'), is: z.enum(['user', 'service']) }),
          z.object({ kind: z.enum(['caller', 'scope', 'role']), anyOf: texts }),
        ]),
      ),
      policies: texts,
    }),
  ),
});

const mailViews = z.array(
  z.object({
    id: z.string(),
    from: z.string(),
    to: texts,
    subject: z.string(),
    text: z.string(),
    date: z.string().optional(),
  }),
);

/** Who trusts whom, and which routes need what. */
export interface TrustOverview {
  readonly map: DrawnMap;
  readonly services: readonly TrustView[];
  /** Those that do not say what they trust: not there, or not in development. */
  readonly silent: readonly UpstreamName[];
}

/** What the page shows beside decisions, asked of the services as it is. From this machine to this machine. */
@Public()
@Controller('development')
export class OverviewController {
  constructor(
    private readonly attempts: Attempts,
    private readonly sessions: Sessions,
    @Inject(TrustDescription) private readonly own: TrustDescription,
    private readonly upstreams: Upstreams,
  ) {}

  /** Whether somebody is logged in says the cookie, so that nobody needs to be refused to find out. */
  @Get('page')
  async page(@Req() request: IncomingMessage): Promise<{
    readonly hasSession: boolean;
    readonly attempts: readonly string[];
    readonly faults: Readonly<Record<string, DocumentedFault>>;
  }> {
    refuseStrangers(request, 'page');
    const [sealed] = this.sessions.sent(request);
    const hasSession = (await this.sessions.open(sealed)) !== undefined;
    return { hasSession, attempts: this.attempts.names, faults: readDocumentedFaults() };
  }

  @Get('trust-map')
  async trustMap(@Req() request: IncomingMessage): Promise<TrustOverview> {
    refuseStrangers(request, 'page');
    const names = ['herald', 'census'] as const;
    const views = await Promise.all(names.map((name) => this.#ask(name, 'development/trust', trustView)));
    const services = [this.own.view(), ...views.filter((view) => view !== undefined)];
    const silent = names.filter((_, index) => views[index] === undefined);
    return { map: drawMap(toTrustMap(services)), services, silent };
  }

  @Get('inbox')
  async inbox(@Req() request: IncomingMessage): Promise<{
    readonly mails: z.output<typeof mailViews>;
  }> {
    refuseStrangers(request, 'page');
    return { mails: (await this.#ask('herald', 'development/mails', mailViews)) ?? [] };
  }

  /** Undefined when it does not answer, or not so. */
  async #ask<View>(name: UpstreamName, path: string, view: z.ZodType<View>): Promise<View | undefined> {
    try {
      const url = new URL(path, this.upstreams[name].url);
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return view.safeParse(await answer.json()).data;
    } catch {
      return undefined;
    }
  }
}
