import { z } from 'zod';
import { ROLES } from './schema.js';
import { cursor } from './cursor.js';

const CONTROL_CHARACTERS = /\p{Cc}/u;

const name = z
  .string('must be a string')
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most')
  .refine((value) => !CONTROL_CHARACTERS.test(value), 'must not have control characters');

const email = z.email('must be an e-mail address').max(254, 'must have 254 characters at most');

const limit = z
  .string('must be given once')
  .regex(/^([1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
  .transform(Number);

/** The body of `POST /user/`. */
export const newUserInput = z.strictObject(
  { name, email, role: z.enum(ROLES, 'must be a role that census knows').default('customer') },
  'must be a JSON object',
);

/** The body of `PATCH /user/:id/`. It has no `role`: users change their own record with it. */
export const userChangeInput = z
  .strictObject({ name: name.optional(), email: email.optional() }, 'must be a JSON object')
  .refine((change) => change.name !== undefined || change.email !== undefined, 'must change something');

/** The query of `GET /user/`. */
export const pageInput = z.strictObject({ cursor: cursor.optional(), limit: limit.default(20) });
