import colors from 'picocolors';
import { type Decision } from './decision.js';
import { isAsExpected, type Scene } from './story.js';

const { bold, cyan, dim, green, red, yellow } = colors;

/** Prints one scene: each hop with who called whom, for whom, with which token, and what was decided. */
export function printScene(scene: Scene, number: number): void {
  console.log(`\n${bold(`${String(number)}. ${scene.title}`)}`);
  const { signer, request, signed, changedBody, answer } = scene;
  const [first, ...later] = hopsOf(scene.decisions);
  printHop(signer, first?.inbound.service ?? '?', `${request.method} ${request.path}`);
  printClaims(signed.claims);
  if (changedBody !== undefined) {
    line('signed', request.body);
    line('sent', yellow(changedBody));
  }
  printDecision(first?.inbound);
  for (const { inbound, outbound } of later) {
    printHop(outbound?.service ?? '?', inbound.service, `${inbound.method ?? ''} ${inbound.route ?? ''}`);
    if (outbound !== undefined) printClaims(claimsOf(outbound));
    if (outbound?.proven === true) line('proof', `the token that ${outbound.service} was called with`);
    printDecision(inbound);
  }
  const verdict = isAsExpected(scene) ? dim('as it should be') : red(`expected ${expectation(scene)}`);
  line('answer', `${bold(String(answer.status))} ${answer.code ?? answer.location ?? ''}   ${verdict}`);
  if (answer.challenge !== undefined) line('', dim(answer.challenge));
}

/** Prints the mail that the story is about. */
export function printMail(mail: string | undefined): void {
  line('mail', mail === undefined ? red('none arrived') : green(mail));
}

interface Hop {
  readonly inbound: Decision;
  readonly outbound: Decision | undefined;
}

/** An outgoing token and the decision at the service that got it make one hop. */
function hopsOf(decisions: readonly Decision[]): readonly Hop[] {
  const outbound = decisions.filter((decision) => decision.direction === 'outbound');
  return decisions
    .filter((decision) => decision.direction === 'inbound')
    .map((inbound, index) => ({ inbound, outbound: outbound[index - 1] }));
}

function printHop(from: string, to: string, what: string): void {
  console.log(`  ${cyan(from)} ${dim('->')} ${cyan(to)}  ${what}`);
}

/** The claims that decide, a line for each question; the signature is nobody's business. */
const SHOWN_CLAIMS = [
  ['iss', 'aud'],
  ['sub', 'scope'],
  ['act', 'txn'],
  ['bdy', 'htm', 'htu'],
] as const;

function printClaims(claims: Readonly<Record<string, unknown>>): void {
  SHOWN_CLAIMS.forEach((names, index) => {
    const shown = names
      .filter((name) => claims[name] !== undefined)
      .map((name) => `${dim(name)} ${show(name, claims[name])}`);
    if (shown.length > 0) line(index === 0 ? 'token' : '', shown.join('  '));
  });
}

function show(name: (typeof SHOWN_CLAIMS)[number][number], value: unknown): string {
  if (name === 'act') return actors(value);
  if (name === 'sub') return yellow(String(value));
  return name === 'txn' || name === 'bdy' ? `${String(value).slice(0, 8)}...` : String(value);
}

/** What the decision record of an outgoing token says about its claims. */
function claimsOf(outbound: Decision): Readonly<Record<string, unknown>> {
  const { actors: chain = [], audience, subject, scopes = [], transactionId, bound } = outbound;
  return {
    iss: chain[0],
    aud: audience,
    sub: subject,
    scope: scopes.join(' '),
    act: chain,
    txn: transactionId,
    ...(bound === true && { bdy: 'bound' }),
  };
}

function actors(act: unknown): string {
  const chain: string[] = Array.isArray(act) ? act.map(String) : [];
  for (let link = act; isActor(link); link = link.act) chain.push(link.sub);
  return chain.join(dim(' <- '));
}

function isActor(value: unknown): value is { readonly sub: string; readonly act?: unknown } {
  return typeof value === 'object' && value !== null && 'sub' in value && typeof value.sub === 'string';
}

function printDecision(decision: Decision | undefined): void {
  if (decision === undefined) {
    line('decision', red('none was logged'));
    return;
  }
  const refused = red(`refused by ${decision.service}: ${decision.code ?? 'no code'}`);
  line('decision', decision.decision === 'allowed' ? green(`allowed by ${decision.service}`) : refused);
}

function line(label: string, text: string): void {
  console.log(`    ${dim(label.padEnd(9))} ${text}`);
}

function expectation({ expected }: Scene): string {
  return `${String(expected.status)} ${expected.code ?? ''}`.trim();
}
