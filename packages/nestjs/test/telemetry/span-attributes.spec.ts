import { Controller, Get } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Authenticated, Public } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, startApplication } from '../support/application.js';
import { bearer, send } from '../support/http.js';

@Controller()
class TracedController {
  @Get('guarded')
  @Authenticated()
  guarded() {
    return {};
  }

  @Get('public')
  @Public()
  anybody() {
    return {};
  }
}

describe.each(ADAPTERS)('the span of a request over $name', ({ adapter }) => {
  const exporter = new InMemorySpanExporter();

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
  });
  afterAll(() => {
    context.disable();
    trace.disable();
  });

  it('names the transaction and the caller that were let in, and neither user nor token', async () => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const census = await startApplication({
      adapter,
      options: censusOptions(issuer, issuer.keyStore),
      controllers: [TracedController],
      prepare: (nest) =>
        void nest.use((_request: unknown, response: NodeJS.EventEmitter, next: () => void) =>
          trace.getTracer('test').startActiveSpan('request', (span) => {
            response.once('finish', () => span.end());
            next();
          }),
        ),
    });
    try {
      const good = await issuer.token({ audience: SERVICE, claims: { txn: 'txn-1' } });
      const bad = await issuer.token({ audience: 'https://herald.service/', claims: { txn: 'txn-2' } });
      for (const [path, token] of [
        ['/guarded', good],
        ['/guarded', bad],
        ['/public', good],
      ] as const)
        await send(census.origin, { path, headers: [bearer(token)] });
      expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([
        { 'countersign.transaction_id': 'txn-1', 'countersign.caller': 'gateway' },
        {},
        {},
      ]);
    } finally {
      exporter.reset();
      await census.close();
      await issuer.close();
    }
  });
});
