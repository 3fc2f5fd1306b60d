import { type CountersignOptions } from '@countersign/nestjs';
import { TestIssuer, type TestIssuerOptions } from '@countersign/testing';
import { censusOptions, startApplication, type Application, type ApplicationParts } from '../application.js';
import { HERALD } from './use-issuer.js';

/** Census, and the issuer that it trusts. */
export interface IssuerAndApplication {
  readonly issuer: TestIssuer;
  readonly census: Application;
}

export interface UsedParts extends Omit<ApplicationParts, 'options'> {
  /** Default: herald. */
  readonly issuer?: TestIssuerOptions;
  /** Laid over the smallest options of census. */
  readonly options?: (issuer: TestIssuer) => Partial<CountersignOptions>;
}

/**
 * Starts an issuer and census for all tests of a block, hands them to `take`, and stops them after the last one. Each
 * test begins with an application that has decided nothing.
 */
export function useApplication(parts: UsedParts, take: (started: IssuerAndApplication) => void): void {
  let started: IssuerAndApplication;
  beforeAll(async () => {
    started = await startBoth(parts);
    take(started);
  });
  beforeEach(() => {
    started.census.decisions.length = 0;
  });
  afterAll(() => stopBoth(started));
}

/** The same, with a new issuer and a new application for each test. */
export function useNewApplication(parts: UsedParts, take: (started: IssuerAndApplication) => void): void {
  let started: IssuerAndApplication;
  beforeEach(async () => {
    started = await startBoth(parts);
    take(started);
  });
  afterEach(() => stopBoth(started));
}

async function startBoth(used: UsedParts): Promise<IssuerAndApplication> {
  const { issuer: issuerOptions = HERALD, options = () => ({}), ...parts } = used;
  const issuer = await TestIssuer.start(issuerOptions);
  const census = await startApplication({
    ...parts,
    options: { ...censusOptions(issuer, issuer.keyStore), ...options(issuer) },
  });
  return { issuer, census };
}

async function stopBoth({ issuer, census }: IssuerAndApplication): Promise<void> {
  await census.close();
  await issuer.close();
}
