import { type Answer } from './http.js';
import { REALM } from './application.js';

/** How each kind of refusal is answered. */
export const CHALLENGE = {
  bare: REALM,
  token: `${REALM}, error="invalid_token"`,
  request: `${REALM}, error="invalid_request"`,
  none: undefined,
} as const;

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly challenge: string | undefined;
}

/** A refusal says its code and its fixed sentence, and nothing else. */
export function expectRefusal(answer: Answer, { status, code, challenge }: Refusal): void {
  expect({
    status: answer.status,
    code: answer.json['code'],
    challenge: answer.headers['www-authenticate'],
  }).toEqual({
    status,
    code,
    challenge,
  });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(Object.keys(answer.json).sort()).toEqual(['code', 'instance', 'status', 'title', 'type']);
  expect(answer.json['type']).toBe(`urn:countersign:fault:${code}`);
  expect(answer.json['instance']).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
}
