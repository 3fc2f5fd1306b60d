import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ENDED_SESSIONS, type EndedSessions, MAX_SESSION_SECONDS, type Session } from './ended-sessions.js';
import { SEALED_COOKIES, type SealedCookies } from './sealed-cookies.js';

/** A session that somebody may use. */
export interface OpenSession extends Session {
  /** The user's access token. */
  readonly token: string;
}

/** Who is logged in, by the sealed cookie of the browser. A session that was ended is nobody's, whoever has its cookie. */
@Injectable()
export class Sessions {
  constructor(
    @Inject(SEALED_COOKIES) private readonly cookies: SealedCookies,
    @Inject(ENDED_SESSIONS) private readonly ended: EndedSessions,
  ) {}

  /** The cookies that the browser sent, sealed. */
  sent(request: IncomingMessage): readonly string[] {
    return this.cookies.sent(request, 'session');
  }

  /** The session of a cookie; undefined when it was not made by us, was changed, is over, or was ended. */
  async open(sealed: string | undefined): Promise<OpenSession | undefined> {
    const session = toSession(await this.cookies.open('session', sealed));
    return session === undefined || (await this.ended.isEnded(session)) ? undefined : session;
  }

  /** Begins one, and ends the one that the browser had before. */
  async begin(
    request: IncomingMessage,
    response: ServerResponse,
    { id, user, token }: Pick<OpenSession, 'id' | 'user' | 'token'>,
    lifetimeSeconds: number,
  ): Promise<void> {
    await this.#endAll(request);
    // Later than everything that was ended in this millisecond.
    const content = { id, user, token, beganAt: Date.now() + 1 };
    await this.cookies.set(response, 'session', content, Math.min(lifetimeSeconds, MAX_SESSION_SECONDS));
  }

  /** Has the browser forget its session, and ends it for whoever has a copy of the cookie. */
  async end(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.forget(response);
    await this.#endAll(request);
  }

  forget(response: ServerResponse): void {
    this.cookies.clear(response, 'session');
  }

  async #endAll(request: IncomingMessage): Promise<void> {
    for (const sealed of this.sent(request)) {
      const session = await this.open(sealed);
      if (session !== undefined) await this.ended.end(session);
    }
  }
}

function toSession(content: Readonly<Record<string, unknown>> = {}): OpenSession | undefined {
  const { id, user, token, beganAt, exp } = content;
  if (typeof id !== 'string' || typeof user !== 'string' || typeof token !== 'string') return undefined;
  if (typeof beganAt !== 'number' || typeof exp !== 'number') return undefined;
  return { id, user, token, beganAt, endsAt: exp * 1000 };
}
