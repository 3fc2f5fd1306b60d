/**
 * Makes a sequence of steps from the records of all services. Knows nothing of the page, so that it is tested without one.
 *
 * @typedef {object} ShownRecord A decision record (docs/decision-records.md), an answer, or an attempt.
 * @property {string} service
 * @property {'inbound' | 'outbound' | 'answer' | 'attempt'} direction
 * @property {string} time
 * @property {'allowed' | 'refused'} [decision]
 * @property {string} [code]
 * @property {string} [reason]
 * @property {string} [instance]
 * @property {string} [transactionId]
 * @property {string} [method]
 * @property {string} [route]
 * @property {string} [destination]
 * @property {string} [caller]
 * @property {string} [subject]
 * @property {readonly string[]} [actors]
 * @property {readonly string[]} [scopes]
 * @property {boolean} [bound]
 * @property {boolean} [proven]
 * @property {string} [tokenIdHash]
 * @property {string} [retriedAfter]
 * @property {number} [status] Of an answer.
 * @property {number} [tookMs] Of an answer.
 * @property {string} [name] Of an attempt.
 * @property {string} [title] Of an attempt.
 * @property {readonly AttemptStep[]} [steps] Of an attempt.
 * @property {string} [caughtTokenIdHash] Of an attempt.
 *
 * @typedef {object} AttemptStep
 * @property {string} from
 * @property {string} to
 * @property {string} method
 * @property {string} path
 * @property {string} says
 * @property {number} status
 * @property {string} [code]
 * @property {string} [title]
 * @property {string} [instance]
 *
 * @typedef {object} Transaction
 * @property {string} id
 * @property {string} title What was asked for, such as `POST /api/notification`.
 * @property {string} time When it began.
 * @property {boolean} isQuiet Whether the page itself asks for it again and again.
 * @property {string | undefined} subject
 * @property {readonly string[]} codes Of its refusals; where nobody wrote one, the statuses of the answers that failed.
 * @property {readonly ShownRecord[]} records
 *
 * @typedef {object} Step One arrow.
 * @property {'call' | 'answer'} kind
 * @property {string} from
 * @property {string} to
 * @property {string} what Method and route, or the status.
 * @property {'allowed' | 'refused' | 'sent'} decision `sent`: nobody has said yet what became of it.
 * @property {string | undefined} code
 * @property {string | undefined} subject For whom.
 * @property {string | undefined} issuer Who signed the token, where that is somebody else than `from`.
 * @property {readonly string[]} scopes That the token carries.
 * @property {readonly string[]} lost That the caller had, and this token has not.
 * @property {boolean} bound
 * @property {boolean} proven
 * @property {string | undefined} note What somebody does to it.
 * @property {number | undefined} afterMs Since the step before.
 * @property {number | undefined} tookMs Of an answer: since the request was let in.
 * @property {string} time
 * @property {readonly ShownRecord[]} records
 *
 * @typedef {object} Sequence
 * @property {readonly string[]} lifelines
 * @property {readonly Step[]} steps
 */

export const YOU = 'you';
export const INTRUDER = 'intruder';

/** Statuses from here on say that what was asked for was not done. */
const FAILED = 400;

const ORDER = [YOU, 'gateway', INTRUDER, 'herald', 'census'];

/** What the page asks for by itself. */
const QUIET = new Set(['GET /api/me', 'GET /api/notification/:id']);

/**
 * Records by transaction, newest first. A refusal that no transaction is known of is one of its own, unless an attempt
 * says that it belongs to it.
 * @param {readonly ShownRecord[]} records In the order in which they came.
 * @returns {readonly Transaction[]}
 */
export function toTransactions(records) {
  /** @type {Map<string, string>} */
  const ofInstance = new Map();
  for (const { steps = [], transactionId } of records)
    for (const { instance } of steps)
      if (instance !== undefined && transactionId !== undefined) ofInstance.set(instance, transactionId);
  /** @type {Map<string, ShownRecord[]>} */
  const groups = new Map();
  for (const record of records) {
    const instance = record.instance ?? '';
    const id = ofInstance.get(instance) ?? record.transactionId ?? (instance || undefined);
    if (id === undefined) continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [record]);
    else group.push(record);
  }
  return [...groups].map(([id, group]) => describe(id, group)).sort((a, b) => (a.time < b.time ? 1 : -1));
}

/**
 * @param {string} id
 * @param {readonly ShownRecord[]} records
 * @returns {Transaction}
 */
function describe(id, records) {
  const attempt = records.find(({ direction }) => direction === 'attempt');
  const entry = records.find(({ direction, service }) => direction === 'inbound' && service === 'gateway');
  const first = entry ?? records.find(({ direction }) => direction === 'inbound') ?? records[0];
  const asked = `${first?.method ?? ''} ${first?.route ?? first?.destination ?? ''}`;
  const refusals = records.flatMap(({ decision, code }) => (decision === 'refused' && code ? [code] : []));
  const failures = records.flatMap(({ status = 0 }) => (status >= FAILED ? [String(status)] : []));
  const codes = refusals.length > 0 ? refusals : failures;
  return {
    id,
    title: attempt?.title ?? (entry === undefined ? `${asked} at ${first?.service ?? '?'}` : asked),
    time: records.map(({ time }) => time).sort()[0] ?? '',
    isQuiet: QUIET.has(asked) && codes.length === 0,
    subject: first?.subject ?? records.find(({ subject }) => subject !== undefined)?.subject,
    codes: [...new Set(codes)],
    records,
  };
}

/**
 * The arrows of one transaction, in the order of time: each call follows the one that it was made for.
 * @param {readonly ShownRecord[]} records Of one transaction.
 * @returns {Sequence}
 */
export function toSequence(records) {
  const sequence = new SequenceMaker(records).make();
  const used = new Set(sequence.flatMap(({ from, to }) => [from, to]));
  const others = [...used].filter((name) => !ORDER.includes(name)).sort();
  return { lifelines: [...ORDER.filter((name) => used.has(name)), ...others], steps: withPauses(sequence) };
}

class SequenceMaker {
  /** @param {readonly ShownRecord[]} records */
  constructor(records) {
    const of = (/** @type {ShownRecord['direction']} */ direction) =>
      records.filter((record) => record.direction === direction).sort((a, b) => (a.time < b.time ? -1 : 1));
    this.inbound = of('inbound');
    this.outbound = of('outbound');
    this.answers = of('answer');
    this.attempt = of('attempt')[0];
    /** @type {Set<ShownRecord>} */
    this.drawn = new Set();
  }

  /** @returns {Step[]} */
  make() {
    const roots = this.inbound.filter(({ service }) => service === 'gateway');
    const steps = roots.flatMap((root) => this.received(root, YOU, undefined, []));
    // What no known call explains: the record of the caller is on its way, or there is none.
    const rest = this.inbound.flatMap((record) =>
      this.drawn.has(record) ? [] : this.received(record, record.caller ?? 'unknown', undefined, []),
    );
    return [...steps, ...rest];
  }

  /**
   * A request that arrived, what its service did then, and the answer.
   * @param {ShownRecord} record
   * @param {string} from
   * @param {ShownRecord | undefined} sent
   * @param {readonly string[]} callerScopes
   * @param {string} [note]
   * @returns {Step[]}
   */
  received(record, from, sent, callerScopes, note) {
    this.drawn.add(record);
    const to = record.service;
    const known = record.scopes ?? sent?.scopes;
    const scopes = known ?? [];
    const call = step({
      from,
      to,
      what: `${record.method ?? ''} ${record.route ?? ''}`,
      decision: record.decision ?? 'sent',
      code: record.code,
      subject: record.subject ?? sent?.subject,
      scopes,
      // Of a token that was not accepted nothing is known, so nothing is said to be lost.
      lost: known === undefined ? [] : callerScopes.filter((scope) => !known.includes(scope)),
      issuer: record.caller === from ? undefined : record.caller,
      bound: record.bound ?? false,
      proven: record.proven ?? false,
      note,
      time: record.time,
      records: sent === undefined ? [record] : [sent, record],
    });
    if (record.decision === 'refused') return [call, refusal(call, record)];
    const inside = [...this.calls(to, scopes), ...(to === 'gateway' ? this.attempted(scopes) : [])];
    const answer = this.answers.find((each) => each.service === to && !this.drawn.has(each));
    if (answer === undefined) return [call, ...inside];
    this.drawn.add(answer);
    return [call, ...inside, answered(call, answer)];
  }

  /**
   * What a service called.
   * @param {string} service
   * @param {readonly string[]} scopes What it was called with.
   * @returns {Step[]}
   */
  calls(service, scopes) {
    return this.outbound
      .filter((record) => record.service === service && !this.drawn.has(record))
      .flatMap((sent) => {
        this.drawn.add(sent);
        const caught = this.attempt?.caughtTokenIdHash;
        if (caught !== undefined && caught === sent.tokenIdHash) return [sentStep(sent, INTRUDER, scopes)];
        const arrived = this.inbound.find((record) => isSameCall(sent, record) && !this.drawn.has(record));
        if (arrived === undefined) return [sentStep(sent, sent.destination ?? 'unknown', scopes)];
        return this.received(arrived, service, sent, scopes);
      });
  }

  /**
   * What somebody tried: each request by its `instance`, or by the token that was caught.
   * @param {readonly string[]} scopes
   * @returns {Step[]}
   */
  attempted(scopes) {
    const { attempt } = this;
    return (attempt?.steps ?? []).flatMap((each) => {
      const record = this.inbound.find(
        (inbound) =>
          inbound.service === each.to &&
          !this.drawn.has(inbound) &&
          (each.instance === undefined
            ? inbound.tokenIdHash === attempt?.caughtTokenIdHash
            : inbound.instance === each.instance),
      );
      return record === undefined ? [] : this.received(record, each.from, undefined, scopes, each.says);
    });
  }
}

/**
 * The same token at both ends.
 * @param {ShownRecord} sent
 * @param {ShownRecord} arrived
 */
function isSameCall(sent, arrived) {
  return (
    arrived.service === sent.destination &&
    sent.tokenIdHash !== undefined &&
    arrived.tokenIdHash === sent.tokenIdHash
  );
}

/**
 * @param {ShownRecord} sent
 * @param {string} to
 * @param {readonly string[]} callerScopes
 * @returns {Step}
 */
function sentStep(sent, to, callerScopes) {
  const scopes = sent.scopes ?? [];
  return step({
    from: sent.service,
    to,
    what: `${sent.method ?? ''}, meant for ${sent.destination ?? '?'}`,
    decision: sent.decision === 'refused' ? 'refused' : 'sent',
    code: sent.code,
    subject: sent.subject,
    scopes,
    lost: callerScopes.filter((scope) => !scopes.includes(scope)),
    bound: sent.bound ?? false,
    proven: sent.proven ?? false,
    note: to === INTRUDER ? 'caught on the way' : undefined,
    time: sent.time,
    records: [sent],
  });
}

/**
 * @param {Step} call
 * @param {ShownRecord} record
 * @returns {Step}
 */
function refusal(call, record) {
  return { ...back(call), what: record.code ?? 'refused', decision: 'refused', code: record.code };
}

/**
 * @param {Step} call
 * @param {ShownRecord} answer
 * @returns {Step}
 */
function answered(call, answer) {
  const { status = 0, tookMs, time } = answer;
  const decision = status >= FAILED ? 'refused' : 'allowed';
  return { ...back(call), what: String(status), decision, tookMs, time, records: [answer] };
}

/**
 * @param {Step} call
 * @returns {Step}
 */
function back({ from, to, time, records }) {
  return step({ kind: 'answer', from: to, to: from, what: '', decision: 'allowed', time, records });
}

/**
 * @param {Partial<Step> & Pick<Step, 'from' | 'to' | 'what' | 'decision' | 'time' | 'records'>} known
 * @returns {Step}
 */
function step(known) {
  return {
    kind: 'call',
    code: undefined,
    subject: undefined,
    issuer: undefined,
    scopes: [],
    lost: [],
    bound: false,
    proven: false,
    note: undefined,
    afterMs: undefined,
    tookMs: undefined,
    ...known,
  };
}

/**
 * How long after the step before each one came.
 * @param {readonly Step[]} steps
 * @returns {readonly Step[]}
 */
function withPauses(steps) {
  return steps.map((each, index) => {
    const before = steps[index - 1];
    const pause = before === undefined ? undefined : Date.parse(each.time) - Date.parse(before.time);
    return { ...each, afterMs: pause === undefined || Number.isNaN(pause) ? undefined : Math.max(0, pause) };
  });
}

/**
 * A step in one sentence, for those who do not see the picture.
 * @param {Step} each
 * @returns {string}
 */
export function inWords(each) {
  if (each.kind === 'answer') {
    const how =
      each.decision === 'refused' && each.code !== undefined
        ? `refuses: ${each.code}`
        : `answers ${each.what}`;
    return `${each.from} ${how}${each.tookMs === undefined ? '' : `, after ${String(each.tookMs)} ms`}`;
  }
  const parts = [`${each.from} calls ${each.to}: ${each.what}`];
  if (each.note !== undefined) parts.push(each.note);
  if (each.subject !== undefined) parts.push(`for ${shortUser(each.subject)}`);
  if (each.issuer !== undefined) parts.push(`token by ${each.issuer}`);
  if (each.scopes.length > 0) parts.push(`with ${each.scopes.join(', ')}`);
  if (each.lost.length > 0) parts.push(`without ${each.lost.join(', ')}`);
  if (each.bound) parts.push('bound to this one request');
  if (each.proven) parts.push('with proof that the user called');
  if (each.decision !== 'sent') parts.push(each.decision);
  return parts.join('; ');
}

/**
 * `user 21` for the URI of user 21.
 * @param {string} uri
 */
export function shortUser(uri) {
  const id = /\/user\/([^/]+)\/$/.exec(uri)?.[1];
  return id === undefined ? uri : `user ${id}`;
}
