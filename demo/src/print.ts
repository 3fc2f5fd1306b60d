import colors from 'picocolors';
import { type Decision } from './decision.js';
import { isAsExpected, type Scene } from './story.js';

const { bold, cyan, dim, green, red, yellow } = colors;

/** Prints one scene: each hop with who called whom, for whom, with which token, and what was decided. */
export function printScene(scene: Scene, number: number): void {
  console.log(`\n${bold(`${String(number)}. ${scene.title}`)}`);
  const { claims } = scene.signed;
  const [first, ...later] = hopsOf(scene.decisions);
  printHop('storefront', first?.service ?? '?', scene.request.method, scene.request.path);
  printClaims(claims);
  printDecision(first?.inbound);
  for (const hop of later) {
    printHop(hop.from ?? '?', hop.service, hop.inbound?.method ?? '', hop.inbound?.route ?? '');
    printToken(hop);
    printDecision(hop.inbound);
  }
  const { answer } = scene;
  const what = answer.code === undefined ? (answer.location ?? '') : answer.code;
  const verdict = isAsExpected(scene) ? green('as it should be') : red(`expected ${expectation(scene)}`);
  console.log(`   ${dim('answer')}   ${bold(String(answer.status))} ${what}  ${dim('-')} ${verdict}`);
  if (answer.challenge !== undefined) console.log(`            ${dim(`WWW-Authenticate: ${answer.challenge}`)}`);
}

/** Prints the mail that the story is about. */
export function printMail(mail: string | undefined): void {
  console.log(mail === undefined ? red('   mail     none arrived') : `   ${dim('mail')}     ${mail}`);
}

interface Hop {
  readonly service: string;
  readonly from: string | undefined;
  readonly inbound: Decision | undefined;
  readonly outbound: Decision | undefined;
}

/** An outgoing token and the decision at the service that got it make one hop. */
function hopsOf(decisions: readonly Decision[]): readonly Hop[] {
  const outbound = decisions.filter((decision) => decision.direction === 'outbound');
  return decisions
    .filter((decision) => decision.direction === 'inbound')
    .map((inbound, index) => {
      const sent = index === 0 ? undefined : outbound[index - 1];
      return { service: inbound.service, from: sent?.service, inbound, outbound: sent };
    });
}

function printHop(from: string, to: string, method: string, path: string): void {
  console.log(`   ${cyan(from)} ${dim('->')} ${cyan(to)}   ${method} ${path}`);
}

function printClaims(claims: Readonly<Record<string, unknown>>): void {
  printToken({
    outbound: {
      service: 'storefront',
      direction: 'outbound',
      decision: 'allowed',
      audience: String(claims['aud']),
      subject: String(claims['sub']),
      scopes: String(claims['scope']).split(' '),
      actors: [String(claims['iss'])],
      bound: 'bdy' in claims,
    },
  });
}

function printToken({ outbound }: { readonly outbound: Decision | undefined }): void {
  if (outbound === undefined) return;
  const [issuer] = outbound.actors ?? [];
  console.log(`     ${dim('token')}  iss ${issuer ?? '?'}  aud ${outbound.audience ?? '?'}`);
  console.log(`            sub ${yellow(outbound.subject ?? '?')}  scope "${(outbound.scopes ?? []).join(' ')}"`);
  const chain = (outbound.actors ?? []).join(' <- ');
  console.log(`            act ${chain}${outbound.bound === true ? '  bound to method, path and body' : ''}`);
}

function printDecision(decision: Decision | undefined): void {
  if (decision === undefined) {
    console.log(red('     no decision was logged'));
    return;
  }
  const mark = decision.decision === 'allowed' ? green('allowed') : red(`refused  ${decision.code ?? ''}`);
  console.log(`     ${dim(`${decision.service} decides`)}  ${mark}`);
}

function expectation({ expected }: Scene): string {
  return `${String(expected.status)} ${expected.code ?? ''}`.trim();
}
