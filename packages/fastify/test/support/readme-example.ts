import { readFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { fastify, type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import ts from 'typescript';
import * as countersignFastify from '@countersign/fastify';
import { type ServiceOptions } from '@countersign/fastify';
import { type TestIssuer } from '@countersign/testing';

/** The first example of the README, or what is left of it. */
export interface Example {
  /** What was left out. */
  readonly without: string;
  readonly code: string;
}

const README = new URL('../../README.md', import.meta.url);

/** The whole example. */
export function readExample(): Example {
  const [, code] = /```ts\n([^]*?)```/.exec(readFileSync(README, 'utf8')) ?? [];
  if (code === undefined) throw new Error('the README has no example');
  return { without: 'nothing', code };
}

/**
 * The example without one of its calls, without one `await`, or without one of the arguments, members and elements that state
 * something; each once.
 */
export function shortened({ code }: Example): readonly Example[] {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  const found: Example[] = [];
  const leaveOut = (node: ts.Node, end = node.end) => {
    const line = String(source.getLineAndCharacterOfPosition(node.getStart()).line + 1);
    const [first = ''] = node.getText().split('\n');
    found.push({ without: `${first} in line ${line}`, code: cut(code, node.getStart(), end) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isExpressionStatement(node)) leaveOut(node);
    if (ts.isAwaitExpression(node)) leaveOut(node, node.expression.getStart());
    if (ts.isPropertyAssignment(node) && ['config', 'countersign'].includes(node.name.getText()))
      leaveOut(node);
    if (ts.isArrayLiteralExpression(node))
      for (const [index, element] of node.elements.entries())
        if (!ts.isObjectLiteralExpression(element) && !ts.isStringLiteral(element))
          leaveOut(element, node.elements[index + 1]?.getStart() ?? element.end);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function cut(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(end);
}

/** An example that was run. */
export interface RunningExample {
  /** Undefined where it does not start, or does not listen. */
  readonly origin: string | undefined;
  /** Which handlers ran, such as `GET /order`. */
  readonly ran: readonly string[];
  close(): Promise<void>;
}

/** Runs an example as it is, but on a free port, and with the issuer in the place of the service that it trusts. */
export async function runExample({ code }: Example, issuer: TestIssuer): Promise<RunningExample> {
  const ran: string[] = [];
  const starting: Promise<unknown>[] = [];
  const app = recorded(fastify({ forceCloseConnections: true }), { issuer, ran, starting });
  // What does not start opens nothing.
  await run(code, { ...countersignFastify, fastify: () => app }).catch(() => undefined);
  await Promise.allSettled(starting);
  const address = app.server.address() as AddressInfo | null;
  return {
    origin: address === null ? undefined : `http://127.0.0.1:${String(address.port)}`,
    ran,
    close: () => app.close(),
  };
}

/** An application that notes which handlers of routes run, and listens on a free port. */
function recorded(
  app: FastifyInstance,
  {
    issuer,
    ran,
    starting,
  }: { readonly issuer: TestIssuer; readonly ran: string[]; readonly starting: Promise<unknown>[] },
): FastifyInstance {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/.well-known/')) return;
    const { handler } = route;
    const noting: RouteHandlerMethod = function (request, reply) {
      ran.push(`${request.method} ${route.url}`);
      return handler.call(this, request, reply);
    };
    route.handler = noting;
  });
  const register = app.register.bind(app) as (...all: unknown[]) => unknown;
  const listen = app.listen.bind(app);
  return Object.assign(app, {
    register: (plugin: unknown, options: ServiceOptions) => {
      const trust = options.trust.map((record) => ({ ...record, keys: { jwksUri: issuer.jwksUri } }));
      return register(plugin, { ...options, trust, keys: issuer.keyStore });
    },
    listen: () => {
      const listening = listen({ port: 0, host: '127.0.0.1' });
      starting.push(listening);
      return listening;
    },
  });
}

async function run(code: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  const imports = source.statements.filter(ts.isImportDeclaration);
  const body = code.slice(imports.at(-1)?.end ?? 0);
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: readonly unknown[]) => Promise<unknown>;
  return new AsyncFunction(...Object.keys(given), outputText)(...Object.values(given));
}
