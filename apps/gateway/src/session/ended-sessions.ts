import type { Clock } from '@countersign/core';

/** Injects an `EndedSessions`. */
export const ENDED_SESSIONS = Symbol('ENDED_SESSIONS');

/** A session as its cookie says it. */
export interface Session {
  readonly id: string;
  /** The `sub` of whoever logged in. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly beganAt: number;
  /** When its cookie ends, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/**
 * The sessions that ended before their cookies do. Several gateways need one that they share, such as a Redis set: see
 * `docs/gateway.md`.
 */
export interface EndedSessions {
  /** When this resolves, `isEnded` is true for the session wherever it is asked, until the cookie ends. */
  end(session: Session): Promise<void>;
  /** @throws when it cannot be told: then the session is not let in. */
  isEnded(session: Session): Promise<boolean>;
}

/** No cookie lives longer, so nothing has to be remembered longer. */
export const MAX_SESSION_SECONDS = 86_400;
/** One more, and all sessions of that user are ended. */
export const MAX_ENDED_OF_ONE_USER = 8;
/** One more, and all sessions are ended. */
export const MAX_USERS = 10_000;

/** What is remembered of one user. */
export interface EndedOfUser {
  readonly ids: readonly string[];
  /** The last of these sessions began then. Milliseconds since the epoch. */
  readonly beganUntil: number;
  /** All sessions that began until then are ended. Milliseconds since the epoch. */
  readonly allUntil: number;
  /** When the last of them is over, and the entry with it. */
  readonly forgetAt: number;
}

/** What is remembered, as it is kept. */
export interface EndedState {
  readonly users: readonly (readonly [user: string, ended: EndedOfUser])[];
  /** All sessions that began until then are ended, of everybody. */
  readonly everybodyUntil: number;
}

/**
 * A bounded list, for one process. Where it is full, more sessions end than somebody asked for, and none comes back: first
 * those of the user who logs out so often, so that no user fills it for the others; then, after as many users, all. A clock that
 * is set back or forward brings none back either.
 * @param known what was kept before.
 * @param keep called with all that is known now; when it throws, `end` rejects.
 */
export function endedSessions(
  known: EndedState,
  keep: (state: EndedState) => void,
  clock: Clock,
): EndedSessions {
  const users = new Map(known.users);
  let { everybodyUntil } = known;
  const now = () => Math.round(clock.now() * 1000);
  // By the clock, and by what has passed since then however it was set.
  const startedAt = now() - clock.monotonic() * 1000;
  const isOver = (at: number) => at <= Math.min(now(), startedAt + clock.monotonic() * 1000);
  return {
    async end(session) {
      for (const [user, { forgetAt }] of users) if (isOver(forgetAt)) users.delete(user);
      users.set(session.user, withEnded(session, users.get(session.user), now()));
      if (users.size > MAX_USERS) {
        everybodyUntil = Math.max(now(), everybodyUntil, ...[...users.values()].map(untilOf));
        users.clear();
      }
      keep({ users: [...users], everybodyUntil });
    },

    async isEnded({ id, user, beganAt }) {
      const { ids, allUntil } = users.get(user) ?? NONE;
      return beganAt <= Math.max(allUntil, everybodyUntil) || ids.includes(id);
    },
  };
}

const NONE: EndedOfUser = { ids: [], beganUntil: 0, allUntil: 0, forgetAt: 0 };

/** When the last of all those began. */
function untilOf({ beganUntil, allUntil }: EndedOfUser): number {
  return Math.max(beganUntil, allUntil);
}

function withEnded(session: Session, known = NONE, now: number): EndedOfUser {
  const beganUntil = Math.max(known.beganUntil, session.beganAt);
  const forgetAt = Math.max(known.forgetAt, session.endsAt);
  if (known.ids.length < MAX_ENDED_OF_ONE_USER)
    return { ids: [...known.ids, session.id], beganUntil, allUntil: known.allUntil, forgetAt };
  // The clock may say less than when they began.
  const allUntil = Math.max(now, known.allUntil, beganUntil);
  return {
    ids: [],
    beganUntil,
    allUntil,
    forgetAt: Math.max(forgetAt, allUntil + MAX_SESSION_SECONDS * 1000),
  };
}
