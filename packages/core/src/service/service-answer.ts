import { type CountersignError } from '../errors.js';
import { toFaultAnswer, type FaultAnswer } from '../http/answers/fault-answer.js';
import { resourceMetadataUrl } from '../http/answers/resource-metadata.js';
import { type RawRequest } from '../http/request/request-state.js';
import { sentScheme } from '../inbound/token-headers.js';
import { type Verifier } from '../inbound/verifier.js';
import { type ResolvedCommonOptions } from './service-options.js';

/** How a service answers a fault: under its name, with the challenges that it makes. */
export interface ServiceAnswerOptions {
  readonly options: Pick<ResolvedCommonOptions, 'service' | 'resourceMetadata'>;
  readonly verifier: Pick<Verifier, 'dpop' | 'tokenHeaders' | 'publicAddresses'>;
  readonly instance: string;
  readonly thrownByHandler: boolean;
}

/** @param request undefined for a handler that does not answer HTTP. */
export function toServiceAnswer(
  fault: CountersignError,
  request: RawRequest | undefined,
  { options, verifier, instance, thrownByHandler }: ServiceAnswerOptions,
): FaultAnswer {
  const { service, resourceMetadata } = options;
  return toFaultAnswer(fault, {
    service,
    instance,
    thrownByHandler,
    dpop: verifier.dpop,
    ...(request !== undefined && { scheme: sentScheme(request.headers, verifier.tokenHeaders) }),
    ...(resourceMetadata !== undefined && {
      resourceMetadata: resourceMetadataUrl(resourceMetadata, verifier),
    }),
  });
}
