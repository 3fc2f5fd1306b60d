import { z } from 'zod';
import { parseUserId } from './user-uri.js';

const PREFIX = 'after:';

/** The cursor of the page that begins after the user `id`. Opaque to clients, so what is in it may change. */
export function toCursor(id: number): string {
  return Buffer.from(`${PREFIX}${String(id)}`).toString('base64url');
}

/** Reads a cursor that `toCursor` made; anything else is refused. */
export const cursor = z
  .string('must be given once')
  .max(64, 'must be a cursor that census gave')
  .transform((value, context) => {
    const text = Buffer.from(value, 'base64url').toString('utf8');
    const id = text.startsWith(PREFIX) ? parseUserId(text.slice(PREFIX.length)) : undefined;
    if (id !== undefined && toCursor(id) === value) return id;
    context.addIssue({ code: 'custom', message: 'must be a cursor that census gave' });
    return z.NEVER;
  });
