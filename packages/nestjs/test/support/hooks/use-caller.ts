import { ExpressAdapter } from '@nestjs/platform-express';
import { type CountersignOptions } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { type TestIssuer } from '@countersign/testing';
import { startCalledService, type CalledService } from '../called-service.js';
import {
  useApplication,
  useNewApplication,
  type IssuerAndApplication,
  type UsedParts,
} from './use-application.js';
import { GATEWAY } from './use-issuer.js';

/** The services that census may call. */
export interface CalledServices {
  readonly called: CalledService;
  /** What no destination describes. */
  readonly elsewhere: CalledService;
}

/** Census, which trusts the gateway and calls other services by each of the clients. */
export interface Caller extends IssuerAndApplication, CalledServices {}

/** What is laid over the smallest options of census. */
export type CallerOptions = (services: CalledServices, issuer: TestIssuer) => Partial<CountersignOptions>;

export interface CallerParts extends Omit<Partial<UsedParts>, 'options'> {
  /** Default: herald is the one destination. */
  readonly options?: CallerOptions;
}

/** Herald, which census calls for itself, with tokens of its own. */
export function heraldAt(url: string) {
  return { name: 'herald', url, onBehalfOf: 'service', authorize: 'mint' } as const;
}

/**
 * Starts census and two services for all tests of a block, hands them to `take`, and stops them after the last one. Each
 * test begins with services that have received nothing.
 */
export function useCaller(parts: CallerParts, take: (started: Caller) => void): void {
  let services: CalledServices;
  beforeAll(async () => {
    services = await startServices();
  });
  beforeEach(() => {
    services.called.received.length = services.elsewhere.received.length = 0;
  });
  useApplication(
    callerParts(parts, () => services),
    (started) => take({ ...started, ...services }),
  );
  afterAll(() => stopServices(services));
}

/** The same, with a new caller and new services for each test. */
export function useNewCaller(parts: CallerParts, take: (started: Caller) => void): void {
  let services: CalledServices;
  beforeEach(async () => {
    services = await startServices();
  });
  useNewApplication(
    callerParts(parts, () => services),
    (started) => take({ ...started, ...services }),
  );
  afterEach(() => stopServices(services));
}

function callerParts(parts: CallerParts, services: () => CalledServices): UsedParts {
  const { options = ({ called }) => ({ destinations: [heraldAt(called.origin)] }), ...rest } = parts;
  return {
    adapter: () => new ExpressAdapter(),
    issuer: GATEWAY,
    imports: [AuthorizedHttpModule],
    ...rest,
    options: (issuer) => options(services(), issuer),
  };
}

async function startServices(): Promise<CalledServices> {
  return { called: await startCalledService(), elsewhere: await startCalledService() };
}

function stopServices({ called, elsewhere }: CalledServices): void {
  called.close();
  elsewhere.close();
}
