import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import express5 from 'express';
import ts from 'typescript';
import { type TestIssuer } from '@countersign/testing';
import * as countersignExpress from '@countersign/express';
import { type Countersign, type ServiceOptions } from '@countersign/express';

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

/** The example without one of its calls, or without one of the arguments that state something; each once. */
export function shortened({ code }: Example): readonly Example[] {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  return source.statements.flatMap((statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return [];
    const call = statement.expression;
    const [first] = call.arguments;
    const name = call.expression.getText();
    const what = `${name}(${first?.getText() ?? ''})`;
    const stated = call.arguments.filter((each) => ts.isCallExpression(each) || ts.isIdentifier(each));
    return [
      { without: what, code: cut(code, statement.getStart(), statement.end) },
      ...stated.map((argument) => {
        const next = call.arguments[call.arguments.indexOf(argument) + 1];
        return {
          without: `${argument.getText()} in ${what}`,
          code: cut(code, argument.getStart(), next?.getStart() ?? argument.end),
        };
      }),
    ];
  });
}

function cut(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(end);
}

/** An example that was run. */
export interface RunningExample {
  /** Undefined where it does not start, or does not listen. */
  readonly origin: string | undefined;
  /** Which handlers ran, such as `get /order`. */
  readonly ran: string[];
  close(): Promise<void>;
}

/** Runs an example as it is, but on a free port, and with the issuer in the place of the service that it trusts. */
export async function runExample(
  { code }: Example,
  { express, issuer }: { readonly express: typeof express5; readonly issuer: TestIssuer },
): Promise<RunningExample> {
  const ran: string[] = [];
  const servers: Server[] = [];
  const made: Countersign[] = [];
  const given = {
    ...countersignExpress,
    express: Object.assign(() => recorded(express(), ran, servers), express),
    createCountersign: async (options: ServiceOptions) => {
      const keys = { jwksUri: issuer.jwksUri };
      const trust = options.trust.map((record) => ({ ...record, keys }));
      const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
      const countersign = await countersignExpress.createCountersign({
        ...options,
        trust,
        keys: issuer.keyStore,
        logger,
      });
      made.push(countersign);
      return countersign;
    },
  };
  // What does not start opens nothing.
  await run(code, given).catch(() => undefined);
  await Promise.all(servers.map(async (each) => each.listening || once(each, 'listening')));
  const address = servers[0]?.address() as AddressInfo | undefined;
  return {
    origin: address === undefined ? undefined : `http://127.0.0.1:${String(address.port)}`,
    ran,
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await Promise.all(made.map((each) => each.close()));
    },
  };
}

/** An application that notes which handlers of routes run, and listens on a free port. */
function recorded(app: express5.Express, ran: string[], servers: Server[]): express5.Express {
  // Express itself writes errors that reach its end to the console.
  app.set('env', 'test');
  for (const method of ['get', 'post'] as const) {
    const original = app[method].bind(app) as (...all: unknown[]) => unknown;
    const recording = (path: unknown, ...handlers: unknown[]): unknown => {
      const handler = handlers.pop();
      if (typeof handler !== 'function') return original(path);
      const noting = (...all: [unknown, unknown, unknown]): unknown => {
        ran.push(`${method} ${String(path)}`);
        return Reflect.apply(handler, undefined, all);
      };
      return original(path, ...handlers, noting);
    };
    Object.assign(app, { [method]: recording });
  }
  const listen = app.listen.bind(app);
  const listening = () => {
    const server = listen(0, '127.0.0.1');
    servers.push(server);
    return server;
  };
  return Object.assign(app, { listen: listening });
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
