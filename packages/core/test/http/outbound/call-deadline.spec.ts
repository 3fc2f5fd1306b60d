import { CallDeadline } from '../../../src/http/outbound/call-deadline.js';

const { jest } = import.meta;

afterEach(() => void jest.useRealTimers());

it('a call that is under way when timers are faked says no more time than is left', () => {
  const deadline = new CallDeadline({ timeoutMs: 5000, remainingMs: undefined, signal: undefined });
  jest.useFakeTimers();
  expect(deadline.remainingMs).toBeLessThanOrEqual(5000);
});
