import type { z } from 'zod';
import { type InputFault, inputInvalid } from './problem.js';

const MAX_FAULTS = 20;

/** Checks what came from outside; the answer names each member that is wrong and never repeats a value. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw inputInvalid(result.error.issues.slice(0, MAX_FAULTS).map(toFault));
}

function toFault(issue: z.core.$ZodIssue): InputFault {
  // Paths hold only members that the schema names. An unknown member's name is input, so it is not repeated.
  const pointer = ['#', ...issue.path.map(String)].join('/');
  return {
    pointer,
    detail: issue.code === 'unrecognized_keys' ? 'has a member that is not known' : issue.message,
  };
}
