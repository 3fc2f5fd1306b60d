import { systemClock, type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type KeyStore } from '../../signing-keys/key-store.js';
import { type TrustedIssuer, type TrustStore } from '../../trust/trust-store.js';
import { claim, type SignedToken } from '../../token.js';
import { createIntrospectionEndpoint } from './introspection-endpoint.js';
import { createQuestions, type Sender } from './questions.js';

/** Finds out whose an opaque token is, and what it says. */
export interface Introspector {
  readonly issuer: TrustedIssuer;
  /**
   * Asks the issuer about a token, unless it was asked a moment ago. The claims of its answer are not validated yet.
   * @throws CountersignError `token_inactive`, `claim_invalid`; `introspection_unavailable` when it cannot be asked.
   */
  vouch(token: string, sender: Sender): Promise<SignedToken>;
}

export interface IntrospectorOptions {
  readonly trust: TrustStore;
  readonly keyStore: KeyStore | undefined;
  readonly clock: Clock | undefined;
  readonly publicOnly: boolean;
}

/**
 * Makes the introspector of the one trust record that asks for it.
 * @returns undefined when none does.
 * @throws TypeError naming the member of the record.
 */
export function createIntrospector(options: IntrospectorOptions): Introspector | undefined {
  const { trust, keyStore, clock = systemClock, publicOnly } = options;
  const index = trust.issuers.findIndex(
    ({ introspection, proofOnly }) => introspection !== undefined && !proofOnly,
  );
  const issuer = trust.issuers[index];
  const introspection = issuer?.introspection;
  if (issuer === undefined || introspection === undefined) return undefined;
  const { name } = issuer;
  const { cacheSeconds, timeoutMs } = introspection;
  const path = `trust[${String(index)}].introspection`;
  const where = { name, issuer: issuer.issuer, path, introspection };
  const endpoint = createIntrospectionEndpoint({ ...where, keyStore, clock, publicOnly });
  const questions = createQuestions({ name, endpoint, cacheSeconds, timeoutMs, clock });

  return {
    issuer,
    async vouch(token, sender) {
      const claims = await questions.answerTo(token, sender);
      if (claims === 'inactive')
        throw new CountersignError(
          'token_inactive',
          `${issuer.name} says that the token is no active access token`,
        );
      const said = claim(claims, 'iss');
      if (said !== undefined && said !== issuer.issuer)
        throw new CountersignError('claim_invalid', `${issuer.name} answered for another issuer`);
      const { caller } = issuer;
      return { caller, keyId: 'introspection', header: undefined, claims } as SignedToken;
    },
  };
}
