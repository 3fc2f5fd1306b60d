import { Controller, Get, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Authenticated,
  CountersignModule,
  Public,
  RequestScope,
  TransactionLogger,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE } from '../support/application.js';
import { bearer, send } from '../support/http.js';

@Controller()
class LoggingController {
  readonly #logger = new Logger('Application');
  constructor(private readonly scope: RequestScope) {}

  @Get('guarded')
  @Authenticated()
  guarded() {
    this.#logger.log('in the handler');
    return { transactionId: this.scope.transactionId };
  }

  @Get('public')
  @Public()
  anybody() {
    this.#logger.log('in the handler');
    return { transactionId: this.scope.transactionId ?? 'none' };
  }
}

/** Keeps what the logger would print. */
function captured(run: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
  return run()
    .finally(() => {
      process.stdout.write = write;
    })
    .then(() => lines);
}

describe.each(ADAPTERS)('TransactionLogger over $name', ({ adapter }) => {
  it.each([true, false])('puts the transaction id on the lines of a request (json: %s)', async (json) => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const root = {
      module: class Root {},
      imports: [
        CountersignModule.forRoot({ ...censusOptions(issuer, issuer.keyStore), requestScope: 'always' }),
      ],
      controllers: [LoggingController],
    };
    const nest = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    try {
      await nest.listen(0, '127.0.0.1');
      nest.useLogger(new TransactionLogger(nest.get(RequestScope), { json, colors: false }));
      const origin = await nest.getUrl();
      const ask = async (path: string, txn?: string) => {
        const token = await issuer.token({ audience: SERVICE, claims: { txn } });
        return (await send(origin, { path, headers: [bearer(token)] })).json['transactionId'];
      };
      let made: unknown;
      const lines = await captured(async () => {
        expect(await ask('/guarded', 'txn-1')).toBe('txn-1');
        made = await ask('/guarded');
        expect(await ask('/public', 'txn-2')).toBe('none');
      });
      const ours = lines.filter((line) => line.includes('in the handler'));
      expect(ours).toHaveLength(3);
      expect(made).toMatch(/^[\w-]{20}$/);
      if (json) {
        const ids = ours.map((line) => (JSON.parse(line) as Record<string, unknown>)['transactionId']);
        expect(ids).toEqual(['txn-1', made, undefined]);
      } else {
        expect(ours[0]).toContain('[txn-1] in the handler');
        expect(ours[1]).toContain(`[${String(made)}] in the handler`);
        expect(ours[2]).toMatch(/\[Application\] in the handler/);
      }
    } finally {
      await nest.close();
      Logger.overrideLogger(false);
      await issuer.close();
    }
  });

  it("is not made without requestScope: 'always': its lines would have no transaction id", async () => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const root = {
      module: class Root {},
      imports: [CountersignModule.forRoot(censusOptions(issuer, issuer.keyStore))],
      controllers: [LoggingController],
    };
    const nest = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    try {
      expect(() => new TransactionLogger(nest.get(RequestScope))).toThrow(
        expect.objectContaining({ code: 'config_invalid' }),
      );
    } finally {
      await nest.close();
      await issuer.close();
    }
  });
});
