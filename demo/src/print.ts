import colors from 'picocolors';
import { type Decision } from './decision.js';
import { type LogLine } from './service.js';
import { isAsExpected, type Scene } from './story.js';

const { bold, cyan, dim, green, red, yellow } = colors;

/** Prints one scene: each hop with who called whom, for whom, with which token, and what was decided. */
export function printScene(scene: Scene, number: number): void {
  console.log(`\n${bold(`${String(number)}. ${scene.title}`)}`);
  const { from, request, meddling, answer } = scene;
  const [first, ...later] = hopsOf(scene.decisions);
  printHop(from, first?.inbound.service ?? '?', request);
  if (first?.inbound.decision === 'allowed') printPrincipal(first.inbound);
  printDecision(first?.inbound);
  for (const { inbound, outbound } of later) {
    printHop(outbound?.service ?? '?', inbound.service, `${inbound.method ?? ''} ${inbound.route ?? ''}`);
    if (outbound !== undefined) printToken(outbound);
    if (outbound?.proven === true) line('proof', `the token that ${outbound.service} was called with`);
    if (inbound.decision === 'refused' && meddling !== undefined) line('meddling', yellow(meddling));
    printDecision(inbound);
  }
  const verdict = isAsExpected(scene) ? dim('as it should be') : red(`expected ${expectation(scene)}`);
  line('answer', `${bold(String(answer.status))} ${answer.code ?? answer.location ?? ''}   ${verdict}`);
  if (answer.challenge !== undefined) line('', dim(answer.challenge));
}

/** Prints what a service says between asterisks, which everybody must see: it is not for production. */
export function printNotice({ message }: LogLine): void {
  if (typeof message === 'string' && message.startsWith('*** ')) console.log(yellow(message));
}

/** Prints the mail that the story is about. */
export function printMail(mail: string | undefined): void {
  line('mail', mail === undefined ? red('none arrived') : green(mail));
}

interface Hop {
  readonly inbound: Decision;
  readonly outbound: Decision | undefined;
}

/** The way that a call takes. */
const WAY = ['gateway', 'herald', 'census'] as const;

/** An outgoing token and the decision at the service that got it make one hop. Services write at their own pace. */
function hopsOf(decisions: readonly Decision[]): readonly Hop[] {
  return WAY.flatMap((service) => {
    const inbound = decisions.find((each) => each.direction === 'inbound' && each.service === service);
    const outbound = decisions.find((each) => each.direction === 'outbound' && each.destination === service);
    return inbound === undefined ? [] : [{ inbound, outbound }];
  });
}

function printHop(from: string, to: string, what: string): void {
  console.log(`  ${cyan(from)} ${dim('->')} ${cyan(to)}  ${what}`);
}

function printPrincipal({ caller = '?', subject = '?', scopes = [] }: Decision): void {
  line('token', `${dim('from')} ${caller}  ${dim('for')} ${yellow(subject)}`);
  line('', `${dim('scope')} ${scopes.join(' ')}`);
}

/** What the decision record of an outgoing token says; the token itself is nobody's business. */
function printToken(outbound: Decision): void {
  const { actors = [], audience = '?', subject = '?', scopes = [], transactionId = '', bound } = outbound;
  line('token', `${dim('iss')} ${actors[0] ?? '?'}  ${dim('aud')} ${audience}`);
  line('', `${dim('sub')} ${yellow(subject)}  ${dim('scope')} ${scopes.join(' ')}`);
  line('', `${dim('act')} ${actors.join(dim(' <- '))}  ${dim('txn')} ${transactionId.slice(0, 8)}...`);
  if (bound === true) line('', `${dim('bdy')} bound to the body, the method and the path`);
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
