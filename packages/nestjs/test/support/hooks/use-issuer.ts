import { TestIssuer, type TestIssuerOptions } from '@countersign/testing';

export const HERALD: TestIssuerOptions = { issuer: 'https://herald.service/' };
export const GATEWAY: TestIssuerOptions = { issuer: 'https://gateway.service/' };

/** Starts an issuer for all tests of a block, hands it to `take`, and stops it after the last one. */
export function useIssuer(options: TestIssuerOptions, take: (issuer: TestIssuer) => void): void {
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await TestIssuer.start(options);
    take(issuer);
  });
  afterAll(() => issuer.close());
}
