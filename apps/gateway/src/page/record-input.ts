import { z } from 'zod';

const text = z.string().max(2_000);
const texts = z.array(text).max(50).optional();
const service = z.string().regex(/^[a-z]{1,20}$/);

const OPTIONAL_TEXTS = [
  'code', 'reason', 'instance', 'transactionId', 'method', 'route', 'destination', 'caller', 'subject', 'audience',
  'retriedAfter', 'keyId', 'tokenIdHash',
] as const; // prettier-ignore

/** A decision record (`docs/decision-records.md`) and the name of its service. */
const decisionInput = z.strictObject({
  service,
  direction: z.enum(['inbound', 'outbound']),
  decision: z.enum(['allowed', 'refused']),
  time: text,
  ...Object.fromEntries(OPTIONAL_TEXTS.map((name) => [name, text.optional()])),
  actors: texts,
  scopes: texts,
  bound: z.boolean().optional(),
  proven: z.boolean().optional(),
  expiresAt: z.number().optional(),
});

const answerInput = z.strictObject({
  service,
  direction: z.literal('answer'),
  time: text,
  transactionId: text,
  method: text,
  route: text,
  status: z.int(),
  tookMs: z.number(),
});

/** What other services may say to the board. */
export const recordInput = z.discriminatedUnion('direction', [decisionInput, answerInput]);
