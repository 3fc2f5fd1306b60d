import { z } from 'zod';
import { NOTIFICATION_TYPES } from '../schema.js';

/** The body of `POST /notification/`. Whether `user` is a URI of census is seen to by `Recipients`. */
export const notificationInput = z.strictObject(
  {
    user: z.string('must be a string').max(500, 'must have 500 characters at most'),
    type: z.enum(NOTIFICATION_TYPES, 'must be a type that herald knows'),
  },
  'must be a JSON object',
);

/** The header `Idempotency-Key`: opaque, but short, and without spaces, which only two headers in one would have. */
export const idempotencyKeyInput = z
  .string()
  .regex(/^[\x21-\x7E]{1,255}$/, 'must be up to 255 visible ASCII characters')
  .optional();
